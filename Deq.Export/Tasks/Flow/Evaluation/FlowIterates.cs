namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>Looks at a solve after each of its evaluations.</summary>
/// <param name="evaluations">Made so far, at least 1.</param>
/// <param name="residual">At the best iterate so far, pixels; infinite while none was finite.</param>
/// <param name="state">The best iterate so far, which is what a caller with this budget is answered with; valid during the call.</param>
public delegate void WatchIterate(int evaluations, double residual, ReadOnlySpan<float> state);
