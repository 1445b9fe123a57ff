"""The data model: forms, tables, value types, facts, filled reports, offices, findings; imports no other package."""
