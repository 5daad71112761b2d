using System.Globalization;
using System.Text;

namespace Deq.Benchmarks.Trust;

/// <summary>What holds of trust-weighted votes: by draws of sources, and on crowds with known truth.</summary>
internal static class TrustMeasurements
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- trust";

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--crowds", "--draws", "--bound-draws", "--splits") is not { } report)
        {
            return 2;
        }

        int draws = int.Parse(report["--draws"] ?? "100000", CultureInfo.InvariantCulture);
        long boundDraws = long.Parse(report["--bound-draws"] ?? "1000000", CultureInfo.InvariantCulture);
        int splits = int.Parse(report["--splits"] ?? "40", CultureInfo.InvariantCulture);
        AgreementRow[] agreement = [.. TrustDraws.Agreement()];
        CorrectnessRow[] correctness =
        [
            .. new[] { 3, 5, 7 }.SelectMany(sources => new[] { 1, 5, 20, 100 }.Select(observations => TrustDraws.Correctness(sources, observations, draws))),
        ];
        BoundRow bounds = TrustDraws.Bounds(boundDraws);
        string[] folders = report["--crowds"] is { } crowds ? [.. Directory.GetDirectories(crowds).Order(StringComparer.Ordinal)] : [];
        CrowdRow[] measured = [.. new[] { 0.5, 0.2 }.SelectMany(share => folders.Select(folder => CrowdSplits.Measure(folder, share, splits)))];
        report.Write(Page(draws, agreement, correctness, bounds, measured, splits), new { agreement, correctness, bounds, crowds = measured });
        return 0;
    }

    private static string Page(
        int draws, AgreementRow[] agreement, CorrectnessRow[] correctness, BoundRow bounds, CrowdRow[] crowds, int splits)
    {
        var page = new StringBuilder();
        page.AppendLine("# Trust-weighted votes");
        page.AppendLine();
        page.AppendLine($"`{Command} --crowds <folder of crowds> --json docs/results/trust.json --markdown docs/results/trust.md` makes this page. Words: [trust](../trust.md).");
        page.AppendLine();
        AddCorrectness(page, draws, correctness);
        AddGaps(page, correctness, bounds);
        page.AppendLine("## Exactness");
        page.AppendLine();
        page.AppendLine("| compared | cases | largest difference |");
        page.AppendLine("|---|--:|--:|");
        foreach (AgreementRow row in agreement)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Compared} | {row.Cases} | {row.LargestDifference:E1} |");
        }

        if (crowds.Length > 0)
        {
            AddCrowds(page, crowds, splits);
        }

        return page.ToString();
    }

    private static void AddCorrectness(StringBuilder page, int draws, CorrectnessRow[] rows)
    {
        page.AppendLine("## Believed minus actual accuracy");
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"n sources with trustworthiness drawn from Beta(4, 2), each observed k times, {draws} draws. Unbiased trust is the posterior mean. As controls: the");
        page.AppendLine("share of right observations, clipped at 1/(k + 2); and unbiased trust moved by +0.5 in log-odds.");
        page.AppendLine();
        page.AppendLine("| n | k | unbiased, ± standard error | its mean size in one draw | share of right ones | moved by +0.5 | accuracy |");
        page.AppendLine("|--:|--:|--:|--:|--:|--:|--:|");
        foreach (CorrectnessRow row in rows)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Sources} | {row.Observations} | {Signed(row.Unbiased, 4)} ± {row.UnbiasedError:F4} | {row.MeanAbsolute:F3} | {Signed(row.MaximumLikelihood, 3)} | {Signed(row.TooSure, 3)} | {row.Accuracy:F3} |");
        }

        page.AppendLine();
    }

    private static void AddGaps(StringBuilder page, CorrectnessRow[] rows, BoundRow bounds)
    {
        page.AppendLine("## What estimated weights cost");
        page.AppendLine();
        page.AppendLine("The gap is the accuracy with the weights of the trustworthiness minus that with the weights of the trust, in the same draws.");
        page.AppendLine();
        page.AppendLine("| n | k | gap | k·gap | mean of the expected bound |");
        page.AppendLine("|--:|--:|--:|--:|--:|");
        foreach (CorrectnessRow row in rows)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Sources} | {row.Observations} | {row.Gap:F4} | {row.Observations * row.Gap:F2} | {row.GapBound:F3} |");
        }

        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"{bounds.Draws} draws of trust and trustworthiness, 1 to 7 sources: the gap is below 0 in {bounds.BelowZero}, above 2·Σ|p − τ| in {bounds.AboveTotal}, above the bound by");
        page.AppendLine(CultureInfo.InvariantCulture, $"pivotality in {bounds.AbovePivotal}. The largest gap is {bounds.LargestShareOfTotal:F2} of 2·Σ|p − τ|.");
        page.AppendLine();
    }

    private static void AddCrowds(StringBuilder page, CrowdRow[] crowds, int splits)
    {
        page.AppendLine();
        page.AppendLine("## Crowds");
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"A random part of the items of known truth is gold, the others are tested: means over {splits} splits. Gap: believed minus actual accuracy of the weighted labels,");
        page.AppendLine("as if votes were independent, and corrected; the spread is its standard deviation over splits, which on a few dozen tested items is mostly chance.");
        page.AppendLine("Dawid–Skene is one-coin and uses no gold. Weights: how often which kind was chosen.");
        page.AppendLine();
        page.AppendLine("| crowd | gold | tested | majority | weighted | worst split against majority | Dawid–Skene | raw gap | corrected gap | spread | splits within 0.03 | T | weights |");
        page.AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|");
        foreach (CrowdRow row in crowds)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Crowd} | {100 * row.GoldShare:F0} % | {row.Tested} | {row.Majority:F3} | {row.Weighted:F3} | {Signed(row.WorstAgainstMajority, 3)} | {row.DawidSkene:F3} | {Signed(row.RawGap, 3)} | {Signed(row.CorrectedGap, 3)} | {row.CorrectedSpread:F3} | {100 * row.WithinShare:F0} % | {row.Temperature:F2} | {row.Weights} |");
        }
    }

    /// <summary>With its sign; a number that rounds to zero has none.</summary>
    private static string Signed(double value, int digits) =>
        Math.Round(value, digits) is double rounded && rounded == 0
            ? 0.0.ToString($"F{digits}", CultureInfo.InvariantCulture)
            : rounded.ToString($"+0.{new string('0', digits)};-0.{new string('0', digits)}", CultureInfo.InvariantCulture);
}
