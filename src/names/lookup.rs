//! Looks names up in batches, several at once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::api::directory::BATCH;
use crate::api::{Api, CallError, Person, RoomDetail};
use crate::guid::Guid;
use crate::output::Output;
use crate::parallel;
use crate::text::text;

/// Look-ups made at once.
pub const AT_ONCE: usize = 4;
/// Refused look-ups after which the endpoint is not asked again.
const MOST_REFUSALS: usize = 3;
/// Time after which progress is shown on a terminal.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

/// Looks names up at a server.
#[derive(Clone, Copy)]
pub struct LookUp<'a> {
    /// The server.
    pub api: &'a Api,
    /// The account's instance.
    pub guid: &'a Guid,
    /// Where progress is shown.
    pub output: &'a Output,
    /// Greatest number of single look-ups for ids that the answers of batches leave out. The others are left for the next run.
    pub max_single_lookups: usize,
}

/// Looked-up names.
#[derive(Default)]
pub struct Names {
    /// All names of a conversation, the one to show first; empty if the server has none. Conversations whose
    /// look-up failed are missing.
    pub found: HashMap<String, Vec<String>>,
    /// Why the look-up of the others failed.
    pub error: Option<CallError>,
}

/// Groups or people, which have endpoints of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rooms,
    People,
}

/// The ids of one request, without prefix.
struct Job {
    kind: Kind,
    ids: Vec<String>,
    /// Why the id is looked up in a request of its own; `None` for a first request.
    single_reason: Option<SingleReason>,
}

/// Why an id is looked up in a request of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SingleReason {
    /// The batch left it out.
    LeftOut,
    /// The batch was refused.
    Refused,
}

impl Job {
    fn is_one(&self) -> bool {
        self.ids.len() == 1
    }

    /// Jobs that look these ids up singly.
    fn singly(&self, ids: Vec<String>, why: SingleReason) -> Vec<Job> {
        let job = |id| Job {
            kind: self.kind,
            ids: vec![id],
            single_reason: Some(why),
        };
        ids.into_iter().map(job).collect()
    }
}

fn without_names(id: String) -> (String, Vec<String>) {
    (id, Vec::new())
}

/// What an endpoint has answered so far, so that a broken one is not asked for ever.
#[derive(Default)]
struct Health {
    refusals: AtomicUsize,
    is_broken: AtomicBool,
}

impl Health {
    /// Notes a failure; returns whether the endpoint is worth another request.
    fn note(&self, error: &CallError) -> bool {
        let is_worth_again = match error {
            CallError::Refused(refusal) => {
                let refusals = self.refusals.fetch_add(1, Ordering::Relaxed) + 1;
                refusal.code.is_some() && !refusal.is_too_frequent() && refusals < MOST_REFUSALS
            }
            _ => false,
        };
        if !is_worth_again {
            self.is_broken.store(true, Ordering::Relaxed);
        }
        is_worth_again
    }
}

impl LookUp<'_> {
    /// Looks up conversations. Ids that are no conversation ids are ignored.
    pub fn names<'i>(&self, conversations: impl IntoIterator<Item = &'i str>) -> Names {
        let (mut rooms, mut people) = (Vec::new(), Vec::new());
        let mut of_person: HashMap<&str, Vec<&str>> = HashMap::new();
        for id in conversations {
            match id.split_once(':') {
                Some(("R", room)) => rooms.push(room),
                Some(("S", person)) => {
                    let person = person.split(';').next().unwrap_or_default();
                    people.push(person);
                    of_person.entry(person).or_default().push(id);
                }
                _ => {}
            }
        }
        let jobs = batches(Kind::Rooms, &rooms)
            .chain(batches(Kind::People, &people))
            .collect();
        let answers = self.in_batches(jobs);
        let mut names = Names {
            error: answers.error,
            ..Names::default()
        };
        for (id, found) in answers.rooms {
            names.found.insert(format!("R:{id}"), found);
        }
        for (id, found) in answers.people {
            for conversation in of_person.get(id.as_str()).into_iter().flatten() {
                names
                    .found
                    .insert((*conversation).to_owned(), found.clone());
            }
        }
        names
    }

    fn in_batches(&self, jobs: Vec<Job>) -> Answers {
        let answers = Mutex::new(Answers::default());
        let (rooms, people) = (Health::default(), Health::default());
        let total = jobs.iter().map(|job| job.ids.len()).sum();
        let done = AtomicUsize::new(0);
        let ask = |job: Job| {
            let health = match job.kind {
                Kind::Rooms => &rooms,
                Kind::People => &people,
            };
            let left = self.ask(&job, health, &answers);
            done.fetch_add(job.ids.len() - left.len(), Ordering::Relaxed);
            left
        };
        self.with_progress(&done, total, || {
            let left = parallel::map(jobs, AT_ONCE, ask);
            let singles = left.into_iter().flatten().take(self.max_single_lookups);
            parallel::map(singles.collect(), AT_ONCE, ask);
        });
        answers.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one request and records the answer. Returns what is to be looked up singly.
    fn ask(&self, job: &Job, health: &Health, answers: &Mutex<Answers>) -> Vec<Job> {
        if health.is_broken.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let answer = self.request(job);
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(found) => {
                let is_missing = |id: &&String| !found.contains_key(*id);
                let left: Vec<String> = job.ids.iter().filter(is_missing).cloned().collect();
                answers.of(job.kind).extend(found);
                // A single group has another endpoint, a single person has not.
                let is_last =
                    job.single_reason.is_some() || (job.kind == Kind::People && job.is_one());
                if is_last {
                    answers
                        .of(job.kind)
                        .extend(left.into_iter().map(without_names));
                    return Vec::new();
                }
                job.singly(left, SingleReason::LeftOut)
            }
            // Alone it is refused because it does not exist, or no longer.
            Err(CallError::Refused(refusal))
                if job.single_reason == Some(SingleReason::LeftOut)
                    && refusal.code.is_some()
                    && !refusal.is_too_frequent() =>
            {
                let ids = job.ids.iter().cloned();
                answers.of(job.kind).extend(ids.map(without_names));
                Vec::new()
            }
            Err(error) => {
                let is_worth_again =
                    health.note(&error) && job.single_reason.is_none() && !job.is_one();
                answers.error.get_or_insert(error);
                match is_worth_again {
                    true => job.singly(job.ids.clone(), SingleReason::Refused),
                    false => Vec::new(),
                }
            }
        }
    }

    fn request(&self, job: &Job) -> Result<HashMap<String, Vec<String>>, CallError> {
        let ids: Vec<&str> = job.ids.iter().map(String::as_str).collect();
        match (job.kind, ids.as_slice()) {
            (Kind::People, ids) => self.api.user_infos(self.guid, ids).map(names_of_people),
            (Kind::Rooms, [id]) if job.single_reason.is_some() => {
                self.api.room_info(self.guid, id).map(names_of_rooms)
            }
            (Kind::Rooms, ids) => self.api.room_details(self.guid, ids).map(names_of_rooms),
        }
    }

    /// Does the work, and draws its progress once it takes long.
    pub(super) fn with_progress(&self, done: &AtomicUsize, total: usize, work: impl FnOnce()) {
        if !self.output.shows_progress() {
            return work();
        }
        let (started, is_over) = (Instant::now(), AtomicBool::new(false));
        thread::scope(|scope| {
            let draw = || {
                while !is_over.load(Ordering::Relaxed) {
                    if started.elapsed() > PROGRESS_AFTER {
                        let count = done.load(Ordering::Relaxed);
                        self.output.status(&text!(
                            "looking up names: {count} of {total}",
                            count,
                            total
                        ));
                    }
                    thread::sleep(TICK);
                }
            };
            // Without the drawing thread the names still come.
            let drawing = thread::Builder::new().spawn_scoped(scope, draw);
            work();
            is_over.store(true, Ordering::Relaxed);
            if let Ok(drawing) = drawing {
                let _ = drawing.join();
            }
        });
        self.output.clear_status();
    }
}

/// The answers so far, by id without prefix.
#[derive(Default)]
struct Answers {
    rooms: HashMap<String, Vec<String>>,
    people: HashMap<String, Vec<String>>,
    error: Option<CallError>,
}

impl Answers {
    fn of(&mut self, kind: Kind) -> &mut HashMap<String, Vec<String>> {
        match kind {
            Kind::Rooms => &mut self.rooms,
            Kind::People => &mut self.people,
        }
    }
}

fn batches(kind: Kind, ids: &[&str]) -> impl Iterator<Item = Job> {
    let mut seen = HashSet::new();
    let ids: Vec<String> = ids
        .iter()
        .filter(|id| seen.insert(**id))
        .map(|id| (*id).to_owned())
        .collect();
    let batches: Vec<Job> = ids
        .chunks(BATCH)
        .map(|ids| Job {
            kind,
            ids: ids.to_vec(),
            single_reason: None,
        })
        .collect();
    batches.into_iter()
}

fn names_of_rooms(rooms: Vec<RoomDetail>) -> HashMap<String, Vec<String>> {
    let names = |room: RoomDetail| (room.room_id, room.name.into_iter().collect());
    rooms.into_iter().map(names).collect()
}

fn names_of_people(people: Vec<Person>) -> HashMap<String, Vec<String>> {
    people
        .into_iter()
        .map(|person| (person.user_id.clone(), names_of(person)))
        .collect()
}

/// The names of a person: a remark first.
pub(super) fn names_of(person: Person) -> Vec<String> {
    person.remark.into_iter().chain(person.name).collect()
}
