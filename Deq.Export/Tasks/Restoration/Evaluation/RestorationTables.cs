using System.Text;

namespace Deq.Export.Tasks.Restoration.Evaluation;

/// <summary>What was measured of a restorer as Markdown.</summary>
internal static class RestorationTables
{
    private const string Head =
        "| damage | σ | pictures | before, dB | restored, dB | gain | evaluations | converged | misfit | ms |\n|---|---|---|---|---|---|---|---|---|---|\n";

    /// <summary>One line while measuring.</summary>
    public static string Line(DamageReport report, double tolerance) => FormattableString.Invariant(
        $"{report.Damage}, σ {report.Sigma}: {report.Damaged:0.00} -> {report.Restored:0.00} dB, {report.Evaluations:0.0} evaluations, misfit {report.Misfit:0.00}, {report.Milliseconds:0} ms, tolerance {tolerance}");

    /// <summary>The tables.</summary>
    public static string Quality(RestorationQuality quality)
    {
        var text = new StringBuilder(quality.Sentence).AppendJoin("", quality.Notes.Select(note => $" {note}")).Append("\n\n").Append(Head);
        foreach (DamageReport report in quality.Reports)
        {
            text.Append(Row($"{report.Damage} | {report.Sigma}", report));
        }

        text.Append("\nBefore is where the solve starts: the noisy picture, its gaps filled by means, or enlarged bilinearly. Misfit is the root mean square of Hz − y in grey levels: ")
            .Append("about σ where the restored picture explains the measured one as far as the noise allows, far below where others are missing, since those that were measured stay nearly as they are. A clipped picture is compared. ")
            .Append("Masks, blurs and shrinking are solved to a fifth of the tolerance of noise, in at most twice the evaluations.\n\n")
            .Append("Noise of σ = 25 by tolerance:\n\n| tolerance | restored, dB | evaluations |\n|---|---|---|\n");
        foreach ((double tolerance, DamageReport report) in quality.Tolerances)
        {
            text.Append(FormattableString.Invariant($"| {tolerance} | {report.Restored:0.00} | {report.Evaluations:0.0} |\n"));
        }

        text.Append("\nThe same by evaluations:\n\n| evaluations | restored, dB |\n|---|---|\n");
        foreach ((int evaluations, DamageReport report) in quality.Budgets)
        {
            text.Append(FormattableString.Invariant($"| {evaluations} | {report.Restored:0.00} |\n"));
        }

        return text.Append(FormattableString.Invariant(
            $"\nTwo solves of one noisy picture, from it and from black, end {quality.OtherStart:0.0} tolerances apart (relative to ‖z‖).\n")).ToString();
    }

    private static string Row(string what, DamageReport report) => FormattableString.Invariant(
        $"| {what} | {report.Pictures} | {report.Damaged:0.00} | {report.Restored:0.00} | {report.Restored - report.Damaged:+0.00;−0.00} | {report.Evaluations:0.0} | {100 * report.Converged:0} % | {report.Misfit:0.00} | {report.Milliseconds:0} |\n");
}
