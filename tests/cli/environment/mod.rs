//! Restricted and unusual system environments: errors are clear, and no message is sent twice or
//! reported with a wrong outcome.

mod clock;
mod descriptors;
mod disk;
mod home;
mod locale;
mod prompts;
mod streams;
mod terminal;
