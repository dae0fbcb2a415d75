//! The data plane: the pipeline, its attempts and its answers.
