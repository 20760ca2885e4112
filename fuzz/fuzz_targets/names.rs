#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| qiwei::fuzzing::names(data));
