using System.Runtime.CompilerServices;
using Deq.Api.Classification;
using Deq.Api.Errors;

namespace Deq.Api.Specs;

/// <summary>docs/api.md, which is written by hand.</summary>
public sealed class TheDescription
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(Here(), "..", "..", "docs", "api.md"));

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
        Assert.All(PayloadReader.Types, type => Assert.Contains($"`{type}`", s_text));

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
