create table quiet_card (
    card_id uuid not null references card (id),
    what    text not null,
    primary key (card_id, what),
    constraint quiet_card_what_known check (what in ('issued', 'withdrawn'))
);
comment on table quiet_card is 'Only while a restored database is realigned: cards that were given or taken back without being told, until the lost log tells them, or they are told at its end.';
comment on column quiet_card.card_id is 'The card.';
comment on column quiet_card.what is 'issued or withdrawn.';
