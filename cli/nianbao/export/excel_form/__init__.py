"""Excel forms that are sent to offices to be filled in; `importer.recognition.excel_form` reads them back."""
