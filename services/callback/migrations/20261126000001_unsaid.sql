-- Who was reached and gives no grade need not say whether the matter is solved. Not validated: rows of before keep a
-- stricter rule, and the table is not held up.
alter table callback_task
    drop constraint callback_task_solved_of_reached,
    add constraint callback_task_solved_of_reached check (
        rating is null or ((reached or solved is null) and (rating = 6 or solved is not null))) not valid;
comment on column callback_task.solved is 'Number of hotline.common.v1.Solved; null while open, when nobody was reached, and when he did not say.';
