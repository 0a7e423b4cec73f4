SELECT l.number AS line, l.kind, l.user_name, l.source
FROM lines l
WHERE l.active AND NOT EXISTS (
  SELECT 1 FROM assignments a
  WHERE a.line_id = l.id AND a.starts_on <= $today AND (a.ends_on IS NULL OR a.ends_on >= $today))
ORDER BY l.number
