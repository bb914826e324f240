-- Regions are published down to the village: 12 digits. Wider than before, so the version that runs beside it fits.
alter table reference_code
    drop constraint reference_code_shape,
    add constraint reference_code_shape check (
        case kind
            when 'channel'  then code ~ '^[a-z][a-z0-9_]{0,63}$'
            when 'category' then code ~ '^([0-9]{2}){1,5}$'
            when 'region'   then code ~ '^[0-9]{6}([0-9]{3}){0,2}$'
            else false
        end);
comment on column appeal.region is 'Code as it was sent, 6, 9 or 12 digits; it or one that it begins with is in the reference version.';
