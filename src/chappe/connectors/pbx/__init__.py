"""PBX sockets: the collector, its spool on disk, the framings of each maker, simulators. Knows core alone; decodes nothing."""
