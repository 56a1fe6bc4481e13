"""Sub-commands of ``scrapy`` inside this project (``COMMANDS_MODULE``)."""
