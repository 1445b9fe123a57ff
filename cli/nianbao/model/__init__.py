"""What a report is: forms, tables, value types, facts, filled reports, offices, findings; imports nothing of ours."""
