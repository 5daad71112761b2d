namespace Deq.Api.Solving;

/// <summary>A named budget of one model: what a request that names it gets, where the request does not say otherwise.</summary>
/// <param name="Name">What <c>budget</c> takes.</param>
/// <param name="Solver">The fixed-point method.</param>
/// <param name="Tolerance">Relative residual.</param>
/// <param name="MaxEvaluations">Evaluations of the cell.</param>
/// <param name="DeadlineMs">Milliseconds, waiting included.</param>
/// <param name="UntilStable">Evaluations without a change of the answer after which the solve ends; null: never.</param>
internal sealed record BudgetProfile(string Name, string Solver, double Tolerance, int MaxEvaluations, int DeadlineMs, int? UntilStable);
