using System.Runtime.CompilerServices;
using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Api.Tasks.Classification;
using Deq.Api.Tasks.Flow;
using Deq.Api.Tasks.Restoration;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Specs.Documentation;

/// <summary>docs/api.md, which is written by hand.</summary>
public sealed class ApiGuideSpecs
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(Here(), "..", "..", "..", "docs", "api.md"));

    [Fact]
    public void Has_a_line_for_every_problem_with_its_status() =>
        Assert.All(ProblemKinds.All, kind => Assert.Contains($"| {kind.Status} | `{kind.Name}` |", s_text));

    [Fact]
    public void Has_a_line_for_every_parameter() =>
        Assert.All(SolveParameter.Names, name => Assert.Contains($"| `{name}` |", s_text));

    [Fact]
    public void Names_every_event() =>
        Assert.All([EventStream.Iterate, EventStream.Result, EventStream.Problem], name => Assert.Contains($"| `{name}` |", s_text));

    [Fact]
    public void Names_every_type_of_body() =>
        Assert.All(ImageBodies.Types, type => Assert.Contains($"`{type}`", s_text));

    [Fact]
    public void Names_every_format_of_a_flow_and_every_part_that_brings_a_frame()
    {
        Assert.All(FlowFormat.All, format => Assert.Contains($"| `{format.Type}` |", s_text));
        Assert.All(FramesPayload.Fields, field => Assert.Contains($"`{field}`", s_text));
    }

    [Fact]
    public void Of_streams_names_every_start_reason_member_and_problem()
    {
        string text = File.ReadAllText(Path.Combine(Here(), "..", "..", "..", "docs", "streams.md"));
        IEnumerable<string> words =
        [
            StreamedPair.Warped, StreamedPair.Cold, .. ColdReasons.All, .. StreamRequest.Names, .. ProblemKinds.OfStreams.Select(kind => kind.Name), StreamEndpoints.IndexHeader, StreamEndpoints.DropStale,
            .. FlowFormat.All.Select(format => format.Type), RestoredFrame.Last, RestoredFrame.Cut, "sigma", "lambda", "factor", "continued",
        ];

        Assert.All(words, word => Assert.Matches($"`[^`]*{System.Text.RegularExpressions.Regex.Escape(word)}", text));
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
