using Deq.Runtime.FixedPoints;

namespace Deq.Export.Solving;

/// <summary>How a number of rows ended, together.</summary>
/// <param name="MeanEvaluations">Evaluations per row.</param>
/// <param name="MeanResidual">Mean relative residual of the rows that have a finite one; infinite when none has.</param>
/// <param name="ConvergedShare">Share of rows that met their tolerance, in [0, 1].</param>
internal sealed record RowStatistics(double MeanEvaluations, double MeanResidual, double ConvergedShare)
{
    /// <summary>Counts.</summary>
    /// <param name="rows">At least one.</param>
    public static RowStatistics Of(IReadOnlyList<RowSolution> rows) => new(
        rows.Average(row => row.Evaluations),
        rows.Select(row => row.Residual).Where(double.IsFinite).DefaultIfEmpty(double.PositiveInfinity).Average(),
        rows.Count(row => row.Converged) / (double)rows.Count);
}
