using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Restoration.Evaluation;

namespace Deq.Benchmarks.Restoration;

/// <summary>The page of <see cref="RestorationResults"/>.</summary>
internal static class RestorationPage
{
    /// <summary>What restoring is to gain where pixels are lost, dB.</summary>
    private const double LeastGain = 1;

    /// <summary>What a picture of 481 × 321 may take.</summary>
    private const int MostEvaluations = 25;

    private const double MostMs = 1000;

    public static string Markdown(
        RestorationQuality quality, IReadOnlyList<IReadOnlyList<PeerResult>> peers, RestorationColours? colours, IReadOnlyList<RestorationCosts> costs)
    {
        var page = new StringBuilder("""
            # Restoration: results
            Measured on every tenth of the 400 grey BSDS training pictures (180 × 180), which training did not see. They are not BSD68, Set12 or Set5, so the numbers are placed by what other
            methods reach on the same pictures, not by published ones. Times are of a machine with two cores that other work shared: an upper bound.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- restore --data <BSDS, 400 pictures> --colour <pictures in colour> --python /usr/bin/python3 --json docs/results/restore.json --markdown docs/results/restore.md
            ```


            """.ReplaceLineEndings("\n"));
        page.Append(RestorationTables.Quality(quality));
        Peers(page, quality, peers);
        if (colours is not null)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## Colour\n{colours.Pictures} pictures of 256 × 256 with noise of σ = {colours.Sigma}, {colours.Noisy:0.00} dB: each colour as a grey picture ")
                .Append(CultureInfo.InvariantCulture, $"{colours.PerChannel:0.00} dB, as luminance and two differences {colours.Together:0.00} dB, {colours.Together - colours.PerChannel:+0.00;−0.00} dB.\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"\n## Time\nOne grey picture of 481 × 321 at the default tolerance, solves alone; at most {MostEvaluations} evaluations and {MostMs} ms are enough:\n\n| damage | threads | evaluations | median, ms | fastest, ms | enough |\n|---|--:|--:|--:|--:|---|\n");
        foreach (RestorationCosts cost in costs)
        {
            bool isEnough = cost is { Evaluations: <= MostEvaluations, MedianMs: <= MostMs };
            page.Append(CultureInfo.InvariantCulture, $"| {cost.Damaged} | {cost.Threads} | {cost.Evaluations} | {cost.MedianMs:0} | {cost.LeastMs:0} | {(isEnough ? "yes" : "no")} |\n");
        }

        return page.ToString();
    }

    private static void Peers(StringBuilder page, RestorationQuality quality, IReadOnlyList<IReadOnlyList<PeerResult>> peers)
    {
        if (peers.Count == 0)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"\n## Beside other methods\nThe first {RestorationQuality.FewPictures} pictures, the same damaged pixels. Each method has the best of a few strengths for each picture, which needs the truth; ")
            .Append("this model has its defaults. Total variation, non-local means, Wiener, biharmonic: scikit-image; Telea, Navier–Stokes, bicubic, Lanczos: OpenCV; BM3D: after the paper, in the benchmark.\n\n")
            .Append("Where pixels are lost, the gain is to be 1 dB at least. A σ of 0.29 is what 8 bits add by rounding.\n\n")
            .Append("| damage | σ | this model, dB | others, dB | gain over the best | enough |\n|---|--:|--:|---|--:|---|\n");
        foreach ((Damage damage, IReadOnlyList<PeerResult> found, double restored) in Damage.All.Select((damage, kind) => (damage, peers[kind], quality.Reports[kind].RestoredFew)))
        {
            string others = string.Join(", ", found.Select(peer => FormattableString.Invariant($"{peer.Method} {peer.Restored:0.00}")));
            double gain = restored - found.Max(peer => peer.Restored);
            string enough = damage.Name == Damage.Noise ? "–" : gain >= LeastGain ? "yes" : "no";
            page.Append(CultureInfo.InvariantCulture, $"| {damage.Name} | {damage.Sigma} | {restored:0.00} | {others} | {gain:+0.00;−0.00} | {enough} |\n");
        }
    }
}
