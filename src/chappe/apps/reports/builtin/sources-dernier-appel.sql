SELECT s.name AS source, COUNT(k.start) AS calls, MAX(k.start) AS last_call,
       day($last_day) - COUNT(DISTINCT k.day) AS missing_days,
       CASE WHEN MAX(k.day) IS NULL THEN 'aucun appel ce mois'
            WHEN MAX(k.day) < $last_day THEN 'rien au dernier jour' END AS remark
FROM sources s LEFT JOIN calls k ON k.source_id = s.id AND k.month = $month
GROUP BY s.id, s.name ORDER BY last_call NULLS FIRST, s.name
