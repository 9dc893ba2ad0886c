-- What a cell of text means. Grain: one value in, one value out; NULL in, NULL out.
--
-- A cell that cannot be understood gives NULL while its text is not blank: callers test
-- `typed is null and not cell_is_blank(text)` and quarantine the row. Amounts stay DECIMAL:
-- a division would make DOUBLE. The frequent spellings come first in every CASE, the regular
-- expressions last. Macros whose name ends in `_of` are steps of another one.

-- Macros paste their argument wherever they name it, so a step is given its argument through
-- list_transform([x], lambda s: …)[1]: computed once instead of up to thirty times.

-- ="00123", '00123 and `00123 keep a spreadsheet from taking an id for a number: the text inside is meant.
create or replace macro cell_unguarded(t) as
    case
        when regexp_full_match(t, '="[^"]*"\s*') then trim(regexp_extract(t, '="([^"]*)"', 1))
        when starts_with(t, '`') or regexp_full_match(t, '''[-+0-9].*') then trim(t[2:])
        else t
    end;

-- What a mapped cell says, before it is typed: a program's word for nothing is nothing.
create or replace macro cell_given(t) as
    case
        when strlen(t) <= 6 and regexp_full_match(t, '(?i:null|\(null\)|<null>|\[null\]|\\N|None|NaT)') then null
        when starts_with(t, '="') or starts_with(t, '''') or starts_with(t, '`') then cell_unguarded(t)
        else t
    end;

-- What people write where a figure, a day or an id is wanting; in a column of words each may be an answer.
create or replace macro cell_given_value(t) as
    case when strlen(t) <= 9 and trim(t) in ('/', '／', '\', '无', '暂无', '没有', '未填', '未填写', 'N/A', 'n/a') then null else t end;

-- Programs write NA and NaN where a figure or a day is wanting; as an id they may be somebody.
create or replace macro cell_given_figure(t) as
    case when t in ('NA', 'nan', 'NaN', 'NAN') then null else cell_given_value(t) end;

-- Days by which databases say that there is none: 0000-00-00, .NET's first day, an end on 9999-12-31.
create or replace macro cell_given_day(t) as
    case
        when (contains(t, '000') or contains(t, '9999') or starts_with(t, '1900'))
            and regexp_full_match(t,
                '(?:(?:0000|0001|9999)[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?|(?:0000|0001|9999)[0-9]{4}|1900[-/]0?1[-/]0?0'
                || '|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:0000|0001|9999))(?:[T\s].*)?') then null
        else cell_given_figure(t)
    end;

-- Full-width forms, odd spaces and the several minus signs made plain, ends trimmed. translate()
-- is slow, so a text of plain and Chinese letters passes by.
create or replace macro cell_narrow(t) as
    case
        when regexp_full_match(t, '[\x21-\x7e\x{4e00}-\x{9fff}￥¥](?:[\x20-\x7e\x{4e00}-\x{9fff}]*[\x21-\x7e\x{4e00}-\x{9fff}])?') then t
        else trim(translate(t,
            '０１２３４５６７８９．，－＋（）％：／￥−–　' || chr(160) || chr(8239) || chr(8201) || chr(9) || chr(10) || chr(13) || chr(65279) || chr(8203),
            '0123456789.,-+()%:/¥--        '))
    end;

-- #REF! and its kind, and formulas that were never calculated.
create or replace macro cell_is_error(t) as
    coalesce(starts_with(t, '#') and regexp_full_match(t,
        '#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|GETTING_DATA|NOT_CALCULATED!.*)\s*'), false);

-- Nothing there: NULL, spaces, a dash alone.
create or replace macro cell_is_blank(t) as
    t is null or (length(t) <= 8 and coalesce(regexp_full_match(t,
        '[\s\x{3000}\x{a0}\x{200b}\x{feff}]*[-—–－−]{0,2}[\s\x{3000}\x{a0}\x{200b}\x{feff}]*'), false))
    or coalesce(length(t) > 8 and regexp_full_match(t, '[\s\x{3000}\x{a0}\x{200b}\x{feff}]+'), false);

create or replace macro cell_text(t) as
    case
        when cell_is_error(t) then null
        when regexp_full_match(t, '[\x21-\x7e\x{4e00}-\x{9fff}](?s:.*)[\x21-\x7e\x{4e00}-\x{9fff}]') then t
        else nullif(trim(t, ' 　' || chr(9) || chr(10) || chr(13) || chr(160) || chr(65279) || chr(8203)), '')
    end;

-- A currency's code, however people write it: usd, RMB, 人民币.
create or replace macro cell_currency_of(s) as
    case s
        when 'RMB' then 'CNY' when 'CNH' then 'CNY' when '人民币' then 'CNY' when '人民币元' then 'CNY' when '元' then 'CNY'
        when '美元' then 'USD' when '美金' then 'USD' when 'US$' then 'USD' when '$' then 'USD'
        when '欧元' then 'EUR' when '€' then 'EUR' when '英镑' then 'GBP' when '£' then 'GBP'
        when '日元' then 'JPY' when '港币' then 'HKD' when '港元' then 'HKD' when 'HK$' then 'HKD'
        when '新台币' then 'TWD' when '台币' then 'TWD' when 'NT$' then 'TWD' when '韩元' then 'KRW' when '韩币' then 'KRW'
        when '新加坡元' then 'SGD' when '新币' then 'SGD' when '澳元' then 'AUD' when '加元' then 'CAD' when '瑞士法郎' then 'CHF'
        when 'YUAN' then 'CNY' when 'CHINESE YUAN' then 'CNY' when 'RENMINBI' then 'CNY' when 'CHINESE YUAN RENMINBI' then 'CNY'
        when 'US DOLLAR' then 'USD' when 'U.S. DOLLAR' then 'USD' when 'UNITED STATES DOLLAR' then 'USD'
        when 'EURO' then 'EUR' when 'POUND STERLING' then 'GBP' when 'BRITISH POUND' then 'GBP'
        when 'JAPANESE YEN' then 'JPY' when 'HONG KONG DOLLAR' then 'HKD' when 'NEW TAIWAN DOLLAR' then 'TWD'
        -- USD - U.S. Dollar, 人民币(CNY): the code beside the name
        else case
            when regexp_matches(s, '(?:^|[^A-Z])(?:CNY|RMB|CNH)(?:[^A-Z]|$)') then 'CNY'
            else coalesce(nullif(regexp_extract(s,
                '(?:^|[^A-Z])(USD|EUR|GBP|JPY|HKD|TWD|SGD|KRW|AUD|NZD|CAD|CHF|INR|THB|MYR|IDR|VND|PHP|BRL|AED|SAR)(?:[^A-Z]|$)', 1), ''), s)
        end
    end;
create or replace macro cell_currency(t) as
    case
        when regexp_full_match(t, '[A-Z]{3}') and t <> 'RMB' then t
        else list_transform([upper(cell_text(t))], lambda s: cell_currency_of(s))[1]
    end;

-- Names compare equal whatever the width of their letters and spaces; 中文 brackets stay.
create or replace macro cell_name(t) as
    case
        when cell_is_error(t) then null
        when regexp_full_match(t, '[\x21-\x7e\x{4e00}-\x{9fff}]+') then t
        when not regexp_matches(t, '[\x{ff00}-\x{ff5e}]') then
            nullif(trim(regexp_replace(t, '[\s\x{3000}\x{a0}\x{200b}\x{feff}]+', ' ', 'g')), '')
        else nullif(trim(regexp_replace(translate(t,
            '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－＆',
            '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-&'),
            '[\s\x{3000}\x{a0}\x{200b}\x{feff}]+', ' ', 'g')), '')
    end;

-- An id keeps every digit. 123.0 is 123 (a sheet stores numbers), 1.23457E+17 has lost digits: NULL.
create or replace macro cell_id_of(s) as
    case
        when s = '' or regexp_full_match(s, '-{1,2}|—{1,2}') or cell_is_error(s) then null
        when regexp_full_match(s, '[0-9]+\.0+') then split_part(s, '.', 1)
        when regexp_full_match(s, '[-+]?[0-9]+\.[0-9]+[eE][-+]?[0-9]+|[-+]?[0-9]+[eE]\+[0-9]+') then null
        else s
    end;
create or replace macro cell_id(t) as
    case
        when regexp_full_match(t, '[0-9A-Za-z_-]*[0-9A-Za-z]') then t
        else list_transform([cell_narrow(cell_name(t))], lambda s: cell_id_of(s))[1]
    end;

-- The currency is made one sign before the unit is looked for: there is a K in KRW and a W in TWD.
create or replace macro cell_with_plain_currency(s) as
    regexp_replace(s, '(?i:RMB|CNY|USD|EUR|GBP|JPY|HKD|TWD|SGD|INR|KRW|AUD|NZD|CAD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|AED|SAR|'
        || 'THB|MYR|IDR|VND|PHP|RUB|TRY|ILS|US\$|HK\$|R\$|NT\$|Rs\.?|人民币|美元)|[¥￥$€£₹₩₽₺฿]', '¤', 'g');

create or replace macro cell_is_plain(t) as
    regexp_full_match(t, '-?[0-9]{1,15}(?:\.[0-9]{1,12})?');

-- The currency that an amount names itself: USD 1,500.00 among amounts of another currency. $ alone is anybody's.
create or replace macro cell_named_currency(t) as
    case when not cell_is_plain(t) then list_transform([regexp_extract(upper(t),
        '(USD|EUR|GBP|JPY|HKD|TWD|SGD|INR|KRW|AUD|NZD|CAD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|AED|SAR|THB|MYR|IDR|VND|PHP|RUB|TRY|ILS|'
            || 'CNY|RMB|人民币|US\$|HK\$|€|£|美元|美金|欧元|英镑|日元|港币|港元)', 1)], lambda s: nullif(cell_currency_of(s), ''))[1]
    end;

-- One number with an optional currency (¤ by now), unit and brackets; 1,50 is no number, 12.3.4 is none.
-- Thousands stand in threes after commas, spaces or apostrophes, or in the Indian way: 12,34,567.
create or replace macro cell_is_figure_of(s) as
    regexp_full_match(s,
        '[-+]?\s*¤?\s*[-+]?\s*\(?\s*¤?\s*'
        || '(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:[''’][0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)\s*'
        || '(?i:千万|百万|十万|万亿|万|亿|千|百|w|k|mn|m|bn)?\s*(?:元|圆)?\s*¤?\s*%?\s*\)?\s*-?')
    -- a bracket is opened and closed, or neither; a sign stands once (in front, or behind as SAP writes it)
    and contains(s, '(') = contains(s, ')')
    and length(s) - length(translate(s, '-+(', '')) <= 1;

create or replace macro cell_multiple_of(s, factor) as
    case
        when ends_with(s, '%') or ends_with(s, '%)') then 0.01::decimal(15, 2)
        when contains(s, '千万') then 10000000::decimal(15, 2)
        when contains(s, '百万') then 1000000::decimal(15, 2)
        when contains(s, '十万') then 100000::decimal(15, 2)
        when contains(s, '万亿') then 1000000000000::decimal(15, 2)
        when contains(s, '万') or contains(lower(s), 'w') then 10000::decimal(15, 2)
        when contains(s, '亿') then 100000000::decimal(15, 2)
        when contains(s, '千') or contains(lower(s), 'k') then 1000::decimal(15, 2)
        when contains(s, '百') then 100::decimal(15, 2)
        when contains(lower(s), 'bn') then 1000000000::decimal(15, 2)
        when contains(lower(s), 'm') then 1000000::decimal(15, 2)
        -- the cell names its own unit, so the header's does not apply
        when regexp_matches(s, '元|圆') then 1::decimal(15, 2)
        else factor::decimal(15, 2)
    end;

-- 1500.- and 1'500.-- are whole amounts, as the Swiss and Germans write them; 300.00- is negative.
create or replace macro cell_without_dashed_cents(t) as
    case when ends_with(t, '-') then regexp_replace(t, '^(.*[0-9])[.,]-{1,2}$', '\1') else t end;

-- 1e+05 is how R and Python write 100000 without loss; a sheet's 1.23E+17 has lost digits.
create or replace macro cell_without_exponent(t) as
    case when contains(t, 'e+') and regexp_full_match(t, '-?[0-9](?:\.[0-9]+)?e\+[01][0-9]') then try_cast(t as decimal(22, 4))::varchar else t end;

create or replace macro cell_figure_of(t, factor) as
    list_transform([cell_with_plain_currency(cell_without_dashed_cents(cell_without_exponent(t)))], lambda s: case when cell_is_figure_of(s) then
        try_cast(case when contains(s, '-') or contains(s, '(') then '-' else '' end
            || regexp_replace(s, '[^0-9.]', '', 'g') as decimal(22, 8)) * cell_multiple_of(s, factor)
    end)[1];

-- 1.234,50 with its decimal comma turned into 1234.50. Where cells may be numbers already (`is_typed`:
-- a workbook, Parquet, a database), only a text with a comma is one of these.
create or replace macro cell_decimal_comma(t, is_typed := false) as
    case
        when is_typed and not contains(t, ',') then t
        else list_transform([cell_narrow(t)], lambda s: case
            when regexp_full_match(s, '[^0-9.,]*(?:[0-9]{1,3}(?:[. ''’][0-9]{3})+|[0-9]+)?(?:,[0-9]*)?[^0-9.,]*')
                then replace(translate(s, '. ''’', ''), ',', '.')
            else t
        end)[1]
    end;

-- `factor` is the unit in the column's header (目标值(万元): 10000); a cell's own unit wins.
create or replace macro cell_money(t, factor := 1) as
    case
        when regexp_full_match(t, '[¥￥$]?[0-9]{1,3}(?:,[0-9]{3}){1,3}(?:\.[0-9]{1,6})?') and factor = 1 then
            try_cast(replace(ltrim(t, '¥￥$'), ',', '') as decimal(18, 4))
        when not cell_is_plain(t) then
            case when not contains(t, '%') and not contains(t, '％') then
                list_transform([cell_narrow(t)], lambda s: try_cast(cell_figure_of(s, factor) as decimal(18, 4)))[1]
            end
        when factor = 1 then try_cast(t as decimal(18, 4))
        else try_cast(try_cast(t as decimal(22, 8)) * factor::decimal(15, 2) as decimal(18, 4))
    end;

create or replace macro cell_number(t, factor := 1) as
    case
        when regexp_full_match(t, '[¥￥$]?[0-9]{1,3}(?:,[0-9]{3}){1,3}(?:\.[0-9]{1,6})?') and factor = 1 then
            try_cast(replace(ltrim(t, '¥￥$'), ',', '') as decimal(18, 6))
        when not cell_is_plain(t) then
            list_transform([cell_narrow(t)], lambda s: try_cast(cell_figure_of(s, factor) as decimal(18, 6)))[1]
        when factor = 1 then try_cast(t as decimal(18, 6))
        else try_cast(try_cast(t as decimal(22, 8)) * factor::decimal(15, 2) as decimal(18, 6))
    end;

-- Asked of cells that no figure holds: whether that is for their size. Beyond 1e30 it is no slip any more.
create or replace macro cell_is_too_large(t, factor := 1) as
    list_transform([cell_with_plain_currency(cell_narrow(t))], lambda s:
        (cell_is_plain(s) or cell_is_figure_of(s))
        and coalesce(abs(try_cast(regexp_extract(replace(s, ',', ''), '[0-9.]+(?:[eE][+]?[0-9]+)?') as double)
            * cell_multiple_of(s, factor)) between 1e12 and 1e30, false)
    )[1];

create or replace macro cell_integer(t) as
    case
        when regexp_full_match(t, '-?[0-9]{1,18}') then try_cast(t as bigint)
        when cell_number(t) = round(cell_number(t), 0) then cell_number(t)::bigint
    end;

create or replace macro cell_boolean_of(s) as
    case
        when s in ('是', '√', '✓', '✔', '对', '有', 'y', 'yes', 'true', 't', '1', '1.0') then true
        when s in ('否', '×', '✗', '✘', 'x', '错', '无', 'n', 'no', 'false', 'f', '0', '0.0') then false
    end;
create or replace macro cell_boolean(t) as
    list_transform([lower(cell_narrow(t))], lambda s: cell_boolean_of(s))[1];

-- 1900 system: day 60 is a 29 February that never was, so serials from 61 count from 1899-12-30.
create or replace macro cell_serial_of(days, is_1904) as
    case when is_1904 then date '1904-01-01' else date '1899-12-30' end + days;

create or replace macro cell_time_pattern() as
    '(?:[T\s]\s*|)(?:上午|下午|AM|PM)?\s*[0-9]{1,2}(?::[0-9]{1,2}){1,2}(?:[.,][0-9]{1,9})?\s*(?i:AM|PM)?\s*(?:Z|UTC|[-+][0-9]{2}:?(?:[0-9]{2})?)?'
    || '|[T\s]?[0-9]{1,2}[时点](?:[0-9]{1,2}分?)?(?:[0-9]{1,2}秒?)?';

create or replace macro cell_year_of(y) as
    case when length(y) = 4 then y when y < '70' then '20' || y else '19' || y end;

-- Three numbers with one of the separators, in the order that the source declares.
create or replace macro cell_ordered_date_of(p, ord) as
    case ord
        when 'mdy' then case when length(p[3]) > 1 then try_cast(cell_year_of(p[3]) || '-' || p[1] || '-' || p[2] as date) end
        when 'dmy' then case when length(p[3]) > 1 then try_cast(cell_year_of(p[3]) || '-' || p[2] || '-' || p[1] as date) end
        when 'ymd' then case when length(p[1]) = 2 and length(p[3]) <= 2 then
            try_cast(cell_year_of(p[1]) || '-' || p[2] || '-' || p[3] as date) end
    end;

-- The day's name beside it says nothing more: 2024年3月5日 星期二, 2024-03-05（周二）, Tue, 5 Mar 2024.
create or replace macro cell_without_weekday(s) as
    case
        when regexp_matches(s, '[周期拜]') then trim(regexp_replace(s, '\s*[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?', ' '))
        when regexp_matches(s, '^[A-Za-z]') then
            regexp_replace(s, '^(?i:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?i:day)?,?\s+', '')
        else s
    end;

create or replace macro cell_date_of(s, ord, is_1904) as
    case
        when regexp_full_match(s, '[12][0-9]{3}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}\s*[日号]?(?:' || cell_time_pattern() || ')?') then
            try_cast(regexp_replace(s, '^([0-9]{4})\s*.\s*([0-9]{1,2})\s*.\s*([0-9]{1,2}).*$', '\1-\2-\3', 's') as date)
        when regexp_full_match(s, '(?:19|20|21)[0-9]{6}|20[0-9]{2}[01][0-9][0-3][0-9][0-2][0-9](?:[0-5][0-9]){1,2}') then
            try_cast(left(s, 4) || '-' || s[5:6] || '-' || s[7:8] as date)
        when regexp_full_match(s, '[1-9][0-9]{4}(?:\.[0-9]+)?') then
            cell_serial_of(left(s, 5)::integer, is_1904)
        when regexp_full_match(s, '[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{1,2}|[0-9]{4})(?:[T\s](?:' || cell_time_pattern() || '))?') then
            list_transform([regexp_extract_all(s, '[0-9]+')], lambda p: cell_ordered_date_of(p, ord))[1]
        when regexp_full_match(s, '(?:[0-9]{1,2}[- ][A-Za-z]{3,9},?[- ](?:[0-9]{4}|[0-9]{2})|[A-Za-z]{3,9} [0-9]{1,2}, [0-9]{4})(?:,?[T\s](?:' || cell_time_pattern() || '))?') then
            try_strptime(replace(regexp_extract(s, '^(?:[0-9]{1,2}[- ][A-Za-z]+,?[- ][0-9]+|[A-Za-z]+ [0-9]{1,2}, [0-9]+)'), ',', ''),
                ['%d-%b-%y', '%d %b %y', '%d-%b-%Y', '%d %b %Y', '%b %d %Y', '%d %B %Y', '%B %d %Y'])::date
    end;

create or replace macro cell_has_offset(t) as
    coalesce(contains(t, ':') and regexp_matches(t, ':[0-9]{2}(?:\.[0-9]+)?\s*(?:Z|UTC|[-+][0-9]{2}:?(?:[0-9]{2})?)\s*$'), false);

create or replace macro cell_instant_of(s) as
    try_cast(regexp_replace(regexp_replace(regexp_replace(s,
        '\s*(?:Z|UTC)$', '+00:00'), '\s*([-+][0-9]{2}):?([0-9]{2})?$', '\1:\2'), ':$', ':00') as timestamptz);

-- The most frequent spelling of a moment, which needs no taking apart: 2024-03-05 09:30, seconds or not.
create or replace macro cell_plain_moment_pattern() as
    '[12][0-9]{3}-[0-9]{2}-[0-9]{2}[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?';

-- `ord` is '', 'ymd', 'mdy' or 'dmy'. 3/5/24 without one is NULL: say which comes first.
-- With `tz`, a text that carries its own offset gives the day in that zone.
create or replace macro cell_date(t, ord := '', is_1904 := false, tz := '') as
    case
        when regexp_full_match(t, '[12][0-9]{3}-[0-9]{2}-[0-9]{2}') then try_cast(t as date)
        when regexp_full_match(t, cell_plain_moment_pattern()) then try_cast(left(t, 10) as date)
        when regexp_full_match(t, '[12][0-9]{3}/[0-9]{1,2}/[0-9]{1,2}(?: (?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)?') then
            try_strptime(split_part(t, ' ', 1), '%Y/%m/%d')::date
        when ord = 'mdy' and regexp_full_match(t, '[0-9]{1,2}/[0-9]{1,2}/[12][0-9]{3}') then
            try_strptime(t, '%m/%d/%Y')::date
        when ord = 'dmy' and regexp_full_match(t, '[0-9]{1,2}/[0-9]{1,2}/[12][0-9]{3}') then
            try_strptime(t, '%d/%m/%Y')::date
        when tz <> '' and cell_has_offset(t) then
            timezone(tz, cell_instant_of(cell_narrow(t)))::date
        -- seconds or milliseconds since 1970, as APIs write them: the day in that zone
        when tz <> '' and regexp_full_match(t, '[12][0-9]{12}') then timezone(tz, to_timestamp(t::bigint / 1000))::date
        when tz <> '' and regexp_full_match(t, '[12][0-9]{9}') then timezone(tz, to_timestamp(t::bigint))::date
        else list_transform([cell_without_weekday(cell_narrow(t))], lambda s: cell_date_of(s, ord, is_1904))[1]
    end;

create or replace macro cell_date_is_ambiguous(t, ord := '') as
    coalesce(ord = '' and regexp_matches(cell_narrow(t),
        '^[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{1,2}|[0-9]{4})(?:\s.*)?$'), false);

-- Seconds since midnight as the text says, 0 where it names no time; NULL where there is no such time.
create or replace macro cell_seconds_of(p, s) as
    case
        when len(p) = 0 then 0
        when p[1]::integer > 24 or p[2]::integer > 59 or coalesce(p[3]::integer, 0) > 59 then null
        -- 24:00 is the midnight that ends a day; nothing comes after it
        when p[1]::integer = 24 and (p[2]::integer > 0 or coalesce(p[3]::integer, 0) > 0) then null
        else p[1]::integer * 3600 + p[2]::integer * 60 + coalesce(p[3]::integer, 0)
            + case
                when p[1]::integer < 12 and regexp_matches(s, '下午|(?i:PM)') then 43200
                when p[1]::integer = 12 and regexp_matches(s, '上午|(?i:AM)') then -43200
                else 0
            end
    end;

create or replace macro cell_local_of(s, ord, is_1904) as
    case
        when regexp_full_match(s, '[1-9][0-9]{4}\.[0-9]+') then
            cell_serial_of(left(s, 5)::integer, is_1904)
            + to_seconds(round(try_cast('0' || s[6:] as decimal(18, 12)) * 86400, 0)::bigint)
        -- 20240305093000, as ERPs write a moment
        when regexp_full_match(s, '20[0-9]{10}(?:[0-9]{2})?') then
            cell_date_of(s, ord, is_1904)::timestamp + to_seconds(cell_seconds_of([s[9:10], s[11:12], nullif(s[13:14], '')], s))
        else
            cell_date_of(s, ord, is_1904)::timestamp + to_seconds(list_transform(
                [regexp_extract_all(regexp_extract(regexp_replace(s, '[时点分]', ':', 'g'), '[0-9]{1,2}:[0-9]{0,2}(?::[0-9]{1,2})?'), '[0-9]+')
                    || case when regexp_matches(s, '[0-9][时点]$') then ['0'] else [] end],
                lambda p: cell_seconds_of(p, s))[1])
            + to_milliseconds(coalesce(try_cast(rpad(left(regexp_extract(s, ':[0-9]{2}[.,]([0-9]+)', 1), 3), 3, '0') as integer), 0))
    end;

create or replace macro cell_utc_of(local_at, tz) as make_timestamp(epoch_us(timezone(tz, local_at)));

-- A UTC TIMESTAMP. Texts without an offset are local time in `tz`; a date alone is its midnight.
create or replace macro cell_timestamp(t, ord := '', tz := 'UTC', is_1904 := false) as
    case
        when regexp_full_match(t, cell_plain_moment_pattern()) then
            cell_utc_of(try_cast(t as timestamp), tz)
        when regexp_full_match(t, '[12][0-9]{3}/[0-9]{1,2}/[0-9]{1,2} [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?') then
            cell_utc_of(try_strptime(t, ['%Y/%m/%d %H:%M', '%Y/%m/%d %H:%M:%S']), tz)
        when cell_has_offset(t) then make_timestamp(epoch_us(cell_instant_of(cell_narrow(t))))
        when regexp_full_match(t, '[12][0-9]{12}') then make_timestamp(t::bigint * 1000)
        when regexp_full_match(t, '[12][0-9]{9}') then make_timestamp(t::bigint * 1000000)
        else cell_utc_of(list_transform([cell_without_weekday(cell_narrow(t))], lambda s: cell_local_of(s, ord, is_1904))[1], tz)
    end;

create or replace macro cell_has_time(t) as
    coalesce(regexp_matches(t, '[0-9][:：][0-9]{2}|[0-9][时点]') or regexp_full_match(t, '[12][0-9]{9}(?:[0-9]{2,4})?|[1-9][0-9]{4}\.[0-9]*[1-9][0-9]*'), false);

-- Digits alone for a Chinese number, as written otherwise; whether it is one is asked apart.
create or replace macro cell_phone_of(s) as
    case
        when regexp_full_match(s, '[0-9.]+[eE]\+?[0-9]+') or cell_is_error(s) then null
        else nullif(regexp_replace(regexp_replace(regexp_replace(s,
            '\.0+$', ''),
            '^(?:\+86|0086|86)(1[0-9]{10})$', '\1'),
            '^(?:\+86|0086)0?([1-9][0-9]{8,10})$', '0\1'), '')
    end;
create or replace macro cell_phone(t) as
    case
        when regexp_full_match(t, '1[0-9]{10}') then t
        else list_transform([regexp_replace(cell_narrow(t), '[\s()·-]', '', 'g')], lambda s: cell_phone_of(s))[1]
    end;
create or replace macro cell_phone_is_wellformed(t) as
    regexp_full_match(cell_phone(t), '1[3-9][0-9]{9}|0[1-9][0-9]{8,10}|[48]00[0-9]{7}|\+[1-9][0-9]{6,14}');

create or replace macro cell_email(t) as
    nullif(lower(regexp_replace(cell_name(translate(t, '＠．＿', '@._')), '(?i:^mailto:)|\s', '', 'g')), '');
create or replace macro cell_email_is_wellformed(t) as
    regexp_full_match(cell_email(t), '[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+');
