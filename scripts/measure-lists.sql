-- Rows of scripts/measure-lists and of the test of plans: as if so many invoices had been made over half a year, of 500 shops on two
-- platforms, every hundredth failed; and as many dead letters of some hundred causes. Words are written as the program would.
INSERT INTO sales_invoice (id, platform, shop_id, order_id, package_id, sequence_number, status, number, request,
    request_digest, error_code, attempts, created_at, updated_at, generated_at, object_key, buyer_words)
SELECT (lpad(to_hex(1764000000000 + n::bigint * 5000), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
    CASE WHEN n % 10 = 0 THEN 'amazon' ELSE 'tiktok' END, 'shop-' || n % 500, 'ORD-2026-' || lpad((n / 2)::text, 7, '0'),
    'PKG-' || md5(n::text), (n % 2 + 1)::text, CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'generated' END,
    CASE WHEN n % 100 > 0 THEN 'INV-' || lpad(n::text, 8, '0') END, repeat('x', 600), md5(n::text) || md5(n::text),
    CASE WHEN n % 100 = 0 THEN 'template_unknown' END, 1, now(), now(), now(), 'invoices/' || n,
    CASE WHEN n % 100 > 0 THEN ' ' || (ARRAY['jane', 'zoë', 'somchai', 'miguel', 'anna', 'lars', 'fatima', 'john', 'maria',
        'wei'])[1 + n % 10] || ' ' || (ARRAY['miller', 'groß', 'ศรีสุข', 'garcia', 'novak', 'jensen', 'haddad', 'smith', 'rossi',
        '张'])[1 + n / 10 % 10] || ' n' || n % 50000 || ' ' END
FROM generate_series(1, {invoices}) AS n;
INSERT INTO dead_letter (fingerprint, message_id, exchange, routing_key, properties, headers, payload, code, stage, detail,
    words, attempts, platform, shop_id, order_id, package_id, sequence_number, worker, status, failures, first_failed_at,
    last_failed_at, created_at, updated_at)
SELECT md5(n::text) || md5(n::text), 'm-' || n, 'invoices', 'invoice.requested', '{}', '{}',
    convert_to('{"orderId":"ORD-2026-' || lpad(n::text, 7, '0') || '","text":"' || repeat('some text of a request ', 50) || '"}', 'UTF8'),
    (ARRAY['totals_mismatch', 'field_invalid', 'template_unknown', 'field_invalid'])[1 + n % 4], 'parse',
    detail, ' tiktok shop-' || n % 500 || ' ord-2026-' || lpad(n::text, 7, '0') || ' pkg-' || md5(n::text) || ' inv-' || n ||
        ' zoë ' || md5((n % 50000)::text) || ' main street ' || n % 900 || ' springfield us article blue ' || n % 97 || ' ' ||
        substr(md5((n * 7.0)::text), 1, 10) || ' ' || lower(regexp_replace(detail, '[^A-Za-z0-9-]+', ' ', 'g')) || ' ',
    1, 'tiktok', 'shop-' || n % 500, 'ORD-2026-' || lpad(n::text, 7, '0'), 'PKG-' || md5(n::text), '1', 'w',
    CASE WHEN n % 5 = 0 THEN 'replayed' WHEN n % 50 = 1 THEN 'discarded' ELSE 'open' END, 1, failed_at, failed_at, now(), now()
FROM generate_series(1, {letters}) AS n, LATERAL (SELECT now() - ({letters} - n) * interval '5 seconds' AS failed_at,
    CASE n % 4 WHEN 0 THEN '/totals/gross: is ' || n || '.20, must be ' || n || '.21 (BR-CO-15)'
        WHEN 1 THEN '/lines/' || n % 8 || '/taxRate: unknown tax category ' || chr(65 + n % 20)
        WHEN 2 THEN 'no template of the name receipt-' || n % 30
        ELSE '/buyer/taxId: has a wrong check digit (' || n || ')' END AS detail) AS texts;
