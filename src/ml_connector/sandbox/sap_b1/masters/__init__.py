"""What documents refer to: partners, accounts, profit centres, projects, and the company's smaller lists."""
