using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Runtime.Models;

namespace Deq.Api.Ensembles;

/// <summary>What a file describes: the members of an ensemble, and where trust in them begins.</summary>
internal sealed record EnsembleFile
{
    private static readonly JsonSerializerOptions s_format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>One sentence for people. Default empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>The members, at least two.</summary>
    public required IReadOnlyList<MemberEntry> Members { get; init; }

    /// <summary>What is assumed of a member before any vote of it was checked.</summary>
    public VoteCounts Prior { get; init; } = new() { Right = 3, Wrong = 1 };

    /// <summary>T that corrects the posterior for errors that members share, above 0 and at most 5. Default 1: errors are taken as independent.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Reads a file.</summary>
    /// <exception cref="JsonException">It is no JSON, or has unknown, missing, repeated or mistyped members, or null where something belongs.</exception>
    public static EnsembleFile Read(string path) => StrictJson.Deserialize<EnsembleFile>(RegularFile.ReadAllBytes(path), s_format);
}

/// <summary>One member: a model with a budget.</summary>
internal sealed record MemberEntry
{
    /// <summary>A served model.</summary>
    public required string Model { get; init; }

    /// <summary>The member's name in votes and in the trust store. Default: the model's.</summary>
    public string? Name { get; init; }

    /// <summary>A budget profile of the model. Default: the model's defaults.</summary>
    public string? Budget { get; init; }

    /// <summary>The fixed-point method. Default: as the budget says.</summary>
    public string? Solver { get; init; }

    /// <summary>The residual that is small enough. Default: as the budget says.</summary>
    public double? Tolerance { get; init; }

    /// <summary>The most evaluations. Default: as the budget says.</summary>
    public int? MaxEvaluations { get; init; }

    /// <summary>What asking it costs, in any unit that the members share, such as milliseconds; above 0, at most 1e9. Default 1.</summary>
    public double Cost { get; init; } = 1;

    /// <summary>Checked votes that it comes with, such as on held-out images. Default none.</summary>
    public VoteCounts Checked { get; init; } = new();
}

/// <summary>Checked votes of one source.</summary>
internal sealed record VoteCounts
{
    /// <summary>Right ones, from 0 to <see cref="MemberCount.Most"/>; of a prior at least 0.001.</summary>
    public double Right { get; init; }

    /// <summary>Wrong ones, likewise.</summary>
    public double Wrong { get; init; }
}
