"""Marketing documents of purchasing, drafts and payments (vendors/sap_b1.md §5.1, §5.2)."""
