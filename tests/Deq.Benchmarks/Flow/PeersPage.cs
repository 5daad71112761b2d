using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Flow.Evaluation;

namespace Deq.Benchmarks.Flow;

/// <summary>The page of <see cref="FlowPeers"/>.</summary>
internal static class PeersPage
{
    public static string Markdown(string model, IReadOnlyList<PeerPair> pairs, IReadOnlyList<PeerClip> clips, IReadOnlyList<PeerPans> pans)
    {
        var page = new StringBuilder();
        page.AppendLine("# Optical flow: side by side").AppendLine();
        page.AppendLine("EPE is the mean length of the error in pixels; Fl the share of pixels with an error of at least 3 pixels and 5 % of the true length. DIS is OpenCV's dense inverse search.");
        page.AppendLine("Milliseconds are medians on two threads; those of the model are round trips over REST, two PNG files in, a .flo out. Processor milliseconds do not depend on what else runs.").AppendLine();
        page.AppendLine("```").AppendLine("dotnet run --project tests/Deq.Benchmarks -c Release -- flow-peers --data <dir,dir> --clips <dir,dir> --pans <dir> --json docs/results/flow-peers.json --markdown docs/results/flow-peers.md").AppendLine("```").AppendLine();
        Pairs(page, model, pairs);
        Clips(page, clips);
        OfPans(page, pans);
        return page.ToString();
    }

    private static void Pairs(StringBuilder page, string model, IReadOnlyList<PeerPair> pairs)
    {
        int won = pairs.Count(pair => pair.Model.EndpointError < pair.Medium.EndpointError);
        page.AppendLine("## Pairs").AppendLine();
        Line(page, $"{model} is nearer to the truth than DIS medium on {won} of {pairs.Count} pairs. It converged on {pairs.Count(pair => pair.Converged)}.");
        page.AppendLine();
        page.AppendLine($"| pair | size | zero | Farnebäck | DIS fast | ms | DIS medium | Fl | ms | {model} | Fl | ms | processor ms, of DIS medium | evaluations |");
        page.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (PeerPair pair in pairs)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {pair.Family}/{pair.Name} | {pair.Size} | {pair.Zero:0.00} | {pair.Farneback:0.000} | {pair.Fast.EndpointError:0.000} | {pair.FastMs:0} ");
            page.Append(CultureInfo.InvariantCulture, $"| {pair.Medium.EndpointError:0.000} | {100 * pair.Medium.Outliers:0.0} % | {pair.MediumMs:0} | {pair.Model.EndpointError:0.000} | {100 * pair.Model.Outliers:0.0} % ");
            Line(page, $"| {pair.RestMs:0} | {pair.ServerProcessorMs:0}, {pair.MediumProcessorMs:0} | {pair.Evaluations}{(pair.Converged ? "" : " (not converged)")} |");
        }

        page.AppendLine().AppendLine("| family | pairs | DIS medium | model | nearer | processor time, times DIS medium's, median |").AppendLine("|---|--:|--:|--:|--:|--:|");
        foreach (IGrouping<string, PeerPair> family in pairs.GroupBy(pair => pair.Family))
        {
            Line(page, $"| {family.Key} | {family.Count()} | {family.Average(pair => pair.Medium.EndpointError):0.000} | {family.Average(pair => pair.Model.EndpointError):0.000} | {family.Count(pair => pair.Model.EndpointError < pair.Medium.EndpointError)} | {Serving.Quantiles.Of(family.Select(pair => pair.ServerProcessorMs / pair.MediumProcessorMs), 0.5):0.0} |");
        }

        page.AppendLine().AppendLine("EPE after so many evaluations from the guess, at the fixed point, and where a solve from zero ends at the default tolerance:").AppendLine();
        page.AppendLine($"| pair | {string.Join(" | ", PeerPair.Counts)} | fixed point | from zero |").AppendLine($"|---|{string.Concat(PeerPair.Counts.Select(_ => "--:|"))}--:|--:|");
        foreach (PeerPair pair in pairs)
        {
            Line(page, $"| {pair.Family}/{pair.Name} | {string.Join(" | ", pair.OnTheWay.Select(error => error == 0 ? "–" : error.ToString("0.000", CultureInfo.InvariantCulture)))} | {pair.AtRest:0.000} | {pair.FromZero:0.000} |");
        }

        page.AppendLine();
    }

    private static void Clips(StringBuilder page, IReadOnlyList<PeerClip> clips)
    {
        page.AppendLine("## Clips").AppendLine();
        page.AppendLine("Every frame but the first two, cold and warm: the guess of a warm frame starts from the last pair's flow, and its solve from that where the guess is not trusted; frames whose guess then loses too many patches start cold. Sums; processor milliseconds per frame, decoding of files not counted.").AppendLine();
        page.AppendLine("| clip | size | frames | of them warm | evaluations cold | warm | ratio | ms cold | warm | ratio | answers apart, pixels |").AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (PeerClip clip in clips.Where(clip => clip.Frames.Count > 0))
        {
            (double cold, double warm) = (clip.Frames.Sum(frame => frame.Cold), clip.Frames.Sum(frame => frame.Warm));
            (double coldMs, double warmMs) = (clip.Frames.Average(frame => frame.ColdMs), clip.Frames.Average(frame => frame.WarmMs));
            Line(page, $"| {clip.Name} | {clip.Size} | {clip.Frames.Count} | {clip.Frames.Count(frame => frame.IsWarm)} | {cold} | {warm} | {warm / cold:0.00} | {coldMs:0} | {warmMs:0} | {warmMs / coldMs:0.00} | {clip.Frames.Average(frame => frame.Apart):0.000} |");
        }

        page.AppendLine().AppendLine("The clips cup, megamind, tree and vtest are nine frames each of the videos in Debian's `opencv-doc` (`cup.mp4`, `Megamind.avi`, `tree.avi`, `vtest.avi`). Why warm frames save no evaluations, and what of a frame they cannot skip: [the record](../decisions/0031-one-warm-start.md).");
    }

    private static void OfPans(StringBuilder page, IReadOnlyList<PeerPans> pans)
    {
        if (pans.Count == 0)
        {
            return;
        }

        page.AppendLine().AppendLine("## Smooth pans").AppendLine();
        page.AppendLine("A window of 384 × 288 that moves over photographs at one speed each, 1 to 8 pixels a frame, ten frames; as above.").AppendLine();
        page.AppendLine("| camera's noise, σ | pans | frames | of them warm | evaluations cold | warm | ratio | pans that took fewer warm, as many, more | ms, warm to cold |");
        page.AppendLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (PeerPans each in pans)
        {
            PeerFrame[] frames = [.. each.Pans.SelectMany(pan => pan.Frames)];
            int[] sides = [.. each.Pans.Select(pan => Math.Sign(pan.Frames.Sum(frame => frame.Warm - frame.Cold)))];
            Line(page, $"| {each.Noise} | {each.Pans.Count} | {frames.Length} | {frames.Count(frame => frame.IsWarm)} | {frames.Sum(frame => frame.Cold)} | {frames.Sum(frame => frame.Warm)} | {(double)frames.Sum(frame => frame.Warm) / frames.Sum(frame => frame.Cold):0.00} | {sides.Count(side => side < 0)}, {sides.Count(side => side == 0)}, {sides.Count(side => side > 0)} | {frames.Sum(frame => frame.WarmMs) / frames.Sum(frame => frame.ColdMs):0.00} |");
        }

        int least = pans[0].Pans.Count(pan => pan.Frames.All(frame => frame.Cold == 1));
        page.AppendLine();
        Line(page, $"Without noise {least} of the {pans[0].Pans.Count} pans take one evaluation per frame cold, fewer than which there are none.");
    }

    private static void Line(StringBuilder page, FormattableString text) => page.AppendLine(text.ToString(CultureInfo.InvariantCulture));
}

/// <summary>One pair, by every estimator.</summary>
internal sealed record PeerPair
{
    /// <summary>After how many evaluations the error is noted.</summary>
    public static IReadOnlyList<int> Counts { get; } = [1, 2, 3, 4, 6, 8];

    public required string Family { get; init; }

    public required string Name { get; init; }

    public required string Size { get; init; }

    public required double Zero { get; init; }

    public required double Farneback { get; init; }

    public required FlowErrors Fast { get; init; }

    public required FlowErrors Medium { get; init; }

    public required FlowErrors Model { get; init; }

    public required double FastMs { get; init; }

    public required double MediumMs { get; init; }

    public required double MediumProcessorMs { get; init; }

    public required double RestMs { get; init; }

    public required double ServerProcessorMs { get; init; }

    public required int Evaluations { get; init; }

    public required bool Converged { get; init; }

    /// <summary>Per count; 0 where the solve had ended before.</summary>
    public required IReadOnlyList<double> OnTheWay { get; init; }

    public required double AtRest { get; init; }

    public required double FromZero { get; init; }
}

/// <summary>One frame of a clip.</summary>
internal sealed record PeerFrame(int Cold, int Warm, double ColdMs, double WarmMs, double Apart, bool IsWarm);

/// <summary>Pans seen by a camera with noise.</summary>
internal sealed record PeerPans(double Noise, IReadOnlyList<PeerClip> Pans);

/// <summary>A clip.</summary>
internal sealed record PeerClip(string Name, string Size, IReadOnlyList<PeerFrame> Frames);
