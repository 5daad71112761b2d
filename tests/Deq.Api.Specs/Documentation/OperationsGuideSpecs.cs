using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Deq.Api.Ensembles;
using Deq.Api.Models.Sources;
using Deq.Api.Observability;
using Deq.Api.Requests.Addresses;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;
using Deq.Api.Streams;

namespace Deq.Api.Specs.Documentation;

/// <summary>docs/operations.md, which is written by hand.</summary>
public sealed partial class OperationsGuideSpecs
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(Here(), "..", "..", "..", "docs", "operations.md"));

    [Theory]
    [InlineData("Models", 13)]
    [InlineData("Engine", 8)]
    [InlineData("Execution", 3)]
    [InlineData("Limits", 8)]
    [InlineData("Images", 4)]
    [InlineData("Streams", 4)]
    [InlineData("Ensembles", 3)]
    public void Names_every_setting(string section, int least)
    {
        StartupException refusal = Assert.Throws<StartupException>(() => AllSettings.Read(($"{section}:Nonesuch", "1")));

        string[] settings = [.. Names().Matches(Assert.Single(refusal.Faults)).Select(match => match.Value).Where(name => !name.EndsWith("Nonesuch", StringComparison.Ordinal))];

        Assert.True(settings.Length >= least);
        Assert.All(settings, setting => Assert.Contains($"`{setting}`", s_text));
    }

    [Fact]
    public void Names_every_instrument() => Assert.All(
        EngineInstruments.Buckets.Keys.Append(EngineInstruments.Answers).Append(EngineInstruments.Refusals).Concat(StreamMetrics.Names).Concat(EnsembleGauges.Names)
            .Append(SourceStates.Fetches).Append(SourceStates.Loaded).Append(ImageFetch.Fetches),
        instrument => Assert.Contains($"| `{instrument}` |", s_text));

    [GeneratedRegex("[A-Z][A-Za-z]+(:[A-Z][A-Za-z0-9]+)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
