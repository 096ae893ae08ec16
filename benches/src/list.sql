-- The page first, then what stands beside it. Bodies go out as text: PostgreSQL would read each of them
-- once for every field that is taken from it.
SELECT
  item.slugs ->> 'it' AS slug,
  revision.body::text AS service,
  (
    SELECT target.body::text
    FROM content_link AS link
    JOIN content_item AS office ON office.id = link.target_item_id
    JOIN content_revision AS target ON target.id = office.published_revision_id
    WHERE link.revision_id = revision.id AND link.field = 'responsible_office'
  ) AS office,
  (
    SELECT array_agg(target.body::text ORDER BY link.position)
    FROM content_link AS link
    JOIN content_item AS topic ON topic.id = link.target_item_id
    JOIN content_revision AS target ON target.id = topic.published_revision_id
    WHERE link.revision_id = revision.id AND link.field = 'topics'
  ) AS topics
FROM (
  SELECT item_id, title_key
  FROM content_listing
  WHERE tenant_id = $1::uuid
    AND content_type = 'service'
    AND locale = 'it'
    AND field = ''
    AND value = ''
  ORDER BY title_key, item_id
  LIMIT 21
) AS page
JOIN content_item AS item ON item.id = page.item_id
JOIN content_revision AS revision ON revision.id = item.published_revision_id
ORDER BY page.title_key, page.item_id
