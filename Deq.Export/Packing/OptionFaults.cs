namespace Deq.Export.Packing;

/// <summary>Faults of a manifest in the words of the command that would have written it: by the option that was given, not by the member that it became.</summary>
internal static class OptionFaults
{
    /// <summary>Made of the tolerance alone, whose own fault says all.</summary>
    private const string Derived = "defaults.toleranceLimit ";

    private static readonly (string Member, string Option)[] s_options =
    [
        ("name", "--name"),
        ("version", "--model-version"),
        ("defaults.solver", "--solver"),
        ("defaults.tolerance", "--tolerance"),
        ("defaults.maxEvaluations", "--max-evaluations"),
        ("defaults.memory", "--memory"),
        ("defaults.damping", "--damping"),
        ("defaults.ridge", "--ridge"),
        ("defaults.absoluteTolerance", "--absolute-tolerance"),
        ("defaults.answer", "--answer"),
        ("labels", "--labels"),
        ("input.mean", "--mean"),
        ("input.deviation", "--deviation"),
        ("input.background", "--background"),
        ("input.resize", "--resize"),
        ("input.sizes.multiple", "--multiple"),
        ("input.sizes.leastSide", "--least-side"),
        ("input.sizes.mostPixels", "--most-pixels"),
        ("input.sizes.padding", "--padding"),
        ("state.pixelsPerChange", "--pixels-per-change"),
    ];

    /// <summary>The faults, each under the name of its option where it has one.</summary>
    /// <param name="faults">As the rules of manifests say them.</param>
    public static IEnumerable<string> Named(IEnumerable<string> faults) =>
        faults.Where(fault => !fault.StartsWith(Derived, StringComparison.Ordinal)).Select(ByOption);

    private static string ByOption(string fault) =>
        s_options.FirstOrDefault(entry => fault.StartsWith($"{entry.Member} ", StringComparison.Ordinal)) is ({ } member, var option) ? option + fault[member.Length..] : fault;
}
