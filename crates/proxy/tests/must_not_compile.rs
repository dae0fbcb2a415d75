//! A skipped, forged, repeated or reordered step does not compile. One fixture a misuse, beside what the compiler says.

#[test]
fn misuses_of_the_pipeline_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/must_not_compile/*.rs");
}
