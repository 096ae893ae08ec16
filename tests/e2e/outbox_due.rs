//! Jobs that wait for a time, and those whose handlers write themselves what became of them.

use chrono::TimeDelta;
use municipio_domain::outbox::{JobStatus, NewJob, Progress, enqueue, finish};
use municipio_tests::{noon, on_both};
use serde_json::json;

use crate::outbox::{Story, TOPIC, numbers};

const HOUR: TimeDelta = TimeDelta::hours(1);

on_both! {
    async fn what_waits_for_a_time_is_not_begun_before(engine) {
        let story = Story::new(engine).await;
        let transaction = story.store.begin().await.unwrap();
        let about = |about: &str| NewJob::new(TOPIC.name, about, json!({ "about": about }));
        let jobs = [
            about("later").due_at(noon() + HOUR),
            about("now"),
            about("overdue").due_at(noon() - HOUR),
        ];
        enqueue(&transaction, jobs, noon()).await.unwrap();
        transaction.commit().await.unwrap();
        let begun = story.lease(noon()).await;
        assert_eq!(numbers(&begun), [2, 3]);
        for job in &begun {
            assert!(story.settle(job, Ok(Progress::Done), noon()).await);
        }
        assert_eq!(story.lease(noon() + HOUR - TimeDelta::seconds(1)).await, []);
        let begun = story.lease(noon() + HOUR).await;
        assert_eq!(numbers(&begun), [1]);
        assert_eq!(begun[0].attempts, 1, "it was not tried before");
    }
}

on_both! {
    async fn a_job_is_finished_with_the_work_or_not_at_all(engine) {
        let story = Story::new(engine).await;
        story.enqueue(&["a", "a"]).await;
        let slow = story.lease(noon()).await.remove(0);
        let transaction = story.store.begin().await.unwrap();
        assert!(finish(&transaction, &slow, None, noon()).await.unwrap());
        drop(transaction);
        assert_eq!(story.statuses().await, [JobStatus::Running, JobStatus::Waiting], "it was rolled back");

        let late = noon() + TimeDelta::minutes(2);
        let other = story.lease(late).await.remove(0);
        let transaction = story.store.begin().await.unwrap();
        assert!(!finish(&transaction, &slow, None, late).await.unwrap(), "another has it");
        assert!(finish(&transaction, &other, None, late).await.unwrap());
        transaction.commit().await.unwrap();
        assert_eq!(story.statuses().await, [JobStatus::Done, JobStatus::Waiting]);
        assert!(story.settle(&other, Ok(Progress::Finished), late).await);
        assert_eq!(numbers(&story.lease(late).await), [2], "the next is looked at, at once");
    }
}

on_both! {
    async fn a_job_goes_on_as_another_when_it_is_time(engine) {
        let story = Story::new(engine).await;
        story.enqueue(&["a", "a"]).await;
        let job = story.lease(noon()).await.remove(0);
        let then = NewJob::new(TOPIC.name, "b", json!({ "about": "b" })).due_at(noon() + HOUR);
        let transaction = story.store.begin().await.unwrap();
        assert!(finish(&transaction, &job, Some(then), noon()).await.unwrap());
        transaction.commit().await.unwrap();
        assert!(story.settle(&job, Ok(Progress::Finished), noon()).await);
        let next = story.lease(noon()).await;
        assert_eq!(numbers(&next), [2], "nothing is before it any more");
        assert!(story.settle(&next[0], Ok(Progress::Done), noon()).await);
        let jobs = story.jobs().await;
        assert_eq!((jobs[0].aggregate.as_str(), jobs[0].status), ("b", JobStatus::Waiting));
        let gone_on = story.lease(noon() + HOUR).await;
        assert_eq!(gone_on[0].payload, json!({ "about": "b" }));
        assert_eq!(gone_on[0].attempts, 1, "what was tried before does not count");
    }
}
