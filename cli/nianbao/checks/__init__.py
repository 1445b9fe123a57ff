"""Check reports: rules and their context, policy of findings, and checks of many reports at once."""
