//! Hostile surroundings: whatever the system lacks, there is a clear result, and no message is
//! sent twice or reported as something it is not.

mod clock;
mod descriptors;
mod disk;
mod home;
mod locale;
mod prompts;
mod streams;
mod terminal;
