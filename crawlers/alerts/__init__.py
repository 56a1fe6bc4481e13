"""Alerts: rules that somebody sets, and the messages that follow."""
