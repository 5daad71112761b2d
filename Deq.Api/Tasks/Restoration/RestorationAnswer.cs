using System.Text.Json.Serialization;
using Deq.Api.Solving;

namespace Deq.Api.Tasks.Restoration;

/// <summary>The answer to a request to restore.</summary>
internal sealed record RestorationAnswer
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>Names the exact contents of the model's bundle.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Of the restored picture, pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Of the restored picture, pixels.</summary>
    public required int Height { get; init; }

    /// <summary>What was solved, and how well the answer explains the picture.</summary>
    public required RestorationReport Restoration { get; init; }

    /// <summary>The solve of each plane: grey, or luminance and two colour differences; of a large picture of each tile of the first plane, then of the next.</summary>
    public required IReadOnlyList<SolveReport> Solves { get; init; }

    /// <summary>The residual of the first solve after each evaluation.</summary>
    public required IReadOnlyList<double> Residuals { get; init; }

    /// <summary>
    /// The energy of the first solve at each evaluation: (½‖Hz − y‖² + λR(z)) per pixel of the plane that is solved for, margin included, grey levels squared. Where the
    /// request asks for it, and of events; left out otherwise, and where the model's bundle has no graph of it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Energies { get; init; }

    /// <summary>The restored picture as PNG in base64; in events alone, left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Png { get; init; }
}

/// <summary>What was solved, and how well the answer explains the picture.</summary>
internal sealed record RestorationReport
{
    /// <summary>The operator.</summary>
    public required string Operator { get; init; }

    /// <summary>Standard deviation of the noise, grey levels.</summary>
    public required double Sigma { get; init; }

    /// <summary>Whether it was estimated.</summary>
    public required bool SigmaEstimated { get; init; }

    /// <summary>How strongly it was restored.</summary>
    public required double Lambda { get; init; }

    /// <summary>Of downsample the factor, otherwise 1.</summary>
    public required int Factor { get; init; }

    /// <summary>In how many overlapping tiles each plane was restored; 1: whole.</summary>
    public required int Tiles { get; init; }

    /// <summary>Evaluations of all solves together.</summary>
    public required int Evaluations { get; init; }

    /// <summary>
    /// Root mean square of Hz − y over the measured pixels, grey levels: with noise alone about sigma where the answer explains the picture as far as the noise allows, and
    /// far below it where noise was kept. With masks, blurs and shrinking it lies below by design. Far above sigma the operator or sigma is wrong.
    /// </summary>
    public required double Misfit { get; init; }

    /// <summary>Whether the problem has one solution for certain, whatever the start.</summary>
    public required bool Unique { get; init; }

    /// <summary>The same in words.</summary>
    public required string Uniqueness { get; init; }

    /// <summary>Peak signal-to-noise ratio against the reference, dB; null without one, or where they are equal.</summary>
    public required double? Psnr { get; init; }

    /// <summary>The same of the picture that was sent; null without a reference of its size.</summary>
    public required double? PsnrBefore { get; init; }
}

/// <summary>Where a plane stands after an evaluation.</summary>
internal sealed record RestorationIterate
{
    /// <summary>0 grey or luminance; 1 and 2 colour differences.</summary>
    public required int Plane { get; init; }

    /// <summary>Its place among the tiles, row by row; 0 of a picture that is restored whole.</summary>
    public required int Tile { get; init; }

    /// <summary>Evaluations made for it.</summary>
    public required int Evaluations { get; init; }

    /// <summary>Its smallest; null while none was finite.</summary>
    public required double? Residual { get; init; }

    /// <summary>Root mean square of Hz − y of the plane, grey levels; null while none was finite.</summary>
    public required double? Misfit { get; init; }

    /// <summary>
    /// Of the plane or tile at the newest evaluation, as in the report's list. Tiles overlap, so that theirs add up to no energy of the picture. Null where it was not finite,
    /// or the model's bundle has no graph of it.
    /// </summary>
    public required double? Energy { get; init; }

    /// <summary>Of plane 0: a small grey PNG in base64; null of others and of tiles.</summary>
    public required string? Preview { get; init; }
}
