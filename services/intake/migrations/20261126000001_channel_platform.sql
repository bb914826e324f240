alter table reference_code
    add column platform text,
    add constraint reference_code_platform_of_channels check (platform is null or (kind = 'channel' and platform <> ''));
comment on column reference_code.platform is 'Channels only: the upstream platform that pushes its appeals; null when agents register them.';
