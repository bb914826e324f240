drop table quiet_card;
