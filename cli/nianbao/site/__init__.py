"""Static sites of many reports: pages by office, downloads, figures as data, search without a server."""
