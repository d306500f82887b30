"""Query options of the Service Layer: $filter, $select, $expand, $orderby, $apply, paging, $crossjoin."""
