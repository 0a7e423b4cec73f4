"""GraceTHD v2.0.1, the CSV set (t_*.csv in an archive): tables and words as data, read into PMs, boxes, cables, fibres, splices."""
