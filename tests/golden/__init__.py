"""The T-SQL that OWL sends, kept as text: `make golden` writes it anew, a unit test compares."""
