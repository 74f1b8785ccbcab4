"""helpspot-portal: the site that a HelpSpot help desk's customers meet."""
