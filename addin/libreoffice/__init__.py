"""The LibreOffice extension."""
