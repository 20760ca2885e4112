#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| qiwei::fuzzing::state_address(data));
