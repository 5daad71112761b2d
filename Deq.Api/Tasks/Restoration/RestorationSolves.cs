using System.Globalization;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Tasks.Restoration;

/// <summary>What the parts of one request are, and what is made of them once they are solved.</summary>
internal sealed record RestorationSolves
{
    private const double LeastEstimate = 0.5;
    private const double GreyLevels = 255;

    /// <summary>The most that an event takes beside its preview.</summary>
    private const long EventBytes = 256;

    private readonly ServedModel _model;
    private readonly RestorationPayload _payload;
    private readonly Degradation _degradation;
    private readonly TiledPicture _picture;
    private readonly PicturePreview _preview;
    private readonly bool _isEstimated;
    private readonly double _sigma;
    private readonly double _lambda;
    private readonly AnswerRoom _room;
    private readonly bool _hasEnergy;
    private readonly SolveGrant _grant;
    private readonly double[] _continued;

    /// <summary>States the problems.</summary>
    /// <param name="model">A restorer.</param>
    /// <param name="payload">What the request brings.</param>
    /// <param name="grant">What it may spend, and its parameters.</param>
    /// <param name="mediaType">Of the answer.</param>
    /// <exception cref="ProblemException">A part is missing or of another operator, or the picture does not fit the model.</exception>
    public RestorationSolves(ServedModel model, RestorationPayload payload, SolveGrant grant, string mediaType)
    {
        IReadOnlyDictionary<string, string> asked = grant.Asked.OfTask;
        (_model, _payload, _grant) = (model, payload, grant);
        _degradation = RestorationOperators.Of(payload, asked);
        _room = new AnswerRoom(_degradation.Factor, mediaType);
        _hasEnergy = model.Engine.HasEnergy
            && (IsStreamed || (mediaType == AcceptHeader.Json && asked.GetValueOrDefault(RestorationParameters.Energy.Name) == "true"));
        string sigma = asked.GetValueOrDefault(RestorationParameters.Sigma.Name, RestorationParameters.Auto);
        _isEstimated = sigma == RestorationParameters.Auto;
        PicturePlanes picture = payload.Picture;
        _sigma = _isEstimated
            ? Math.Max(LeastEstimate, payload.Noise ?? throw new ProblemException(
                ProblemKinds.InvalidInput, "The noise cannot be estimated: nowhere are 2 x 2 pixels known side by side. Say it as sigma."))
            : RestorationParameters.Number(sigma)!.Value;
        _lambda = asked.TryGetValue(RestorationParameters.Lambda.Name, out string? lambda) ? double.Parse(lambda, CultureInfo.InvariantCulture) : 1;
        _picture = new TiledPicture(picture, _degradation, model.Manifest, _sigma, _lambda);
        _preview = new PicturePreview(_picture.Width, _picture.Height);
        _continued = new double[_picture.Solves.Count];
        if (payload.Reference is { } reference && (reference.Width, reference.Height) != (_picture.Width, _picture.Height))
        {
            throw new ProblemException(
                ProblemKinds.InvalidInput, $"The reference has {reference.Width} x {reference.Height} pixels; the answer has {_picture.Width} x {_picture.Height}.");
        }
    }

    /// <summary>Where the solves of an earlier picture ended, in the order of <see cref="Parts"/>; null: there is none, or it had another size.</summary>
    public IReadOnlyList<float[]>? Last { get; init; }

    /// <summary>Receives where the solves end, in the same order. Default null: not wanted.</summary>
    public IReadOnlyList<float[]>? Ends { get; init; }

    /// <summary>The share of blocks that were continued from <see cref="Last"/>, of all solves that have begun.</summary>
    public double Continued => _continued.Average();

    /// <summary>
    /// Counts what the answer takes, and <see cref="NewStates"/> where they are asked for, before any of it is allocated; what was counted with the picture is not counted again.
    /// </summary>
    /// <param name="share">The request's.</param>
    /// <param name="keepsStates">Whether states are asked for.</param>
    /// <exception cref="ProblemException">It could never be held, or the client's share has no room for it.</exception>
    public void Hold(HeldBodies.Share share, bool keepsStates) =>
        share.AddPicture(Math.Max(0, AnswerBytes + (keepsStates ? StateBytes : 0) - _payload.Reserved), later: _room.FileOf(AnswerBytes, _payload.Picture.Depth));

    /// <summary>Memory for <see cref="Ends"/>.</summary>
    public float[][] NewStates() => [.. _picture.Solves.Select(solve => new float[solve.Problem.Shape.Height * solve.Problem.Shape.Width])];

    /// <summary>A part for each plane, or for each of its tiles.</summary>
    public IReadOnlyList<SolvePart> Parts() => [.. Enumerable.Range(0, _picture.Solves.Count).Select(PartOf)];

    /// <summary>Of the answer, pixels.</summary>
    public (int Width, int Height) FrameSize => (_picture.Width, _picture.Height);

    /// <summary>The answer.</summary>
    /// <param name="parts">Solved, in the order of <see cref="Parts"/>.</param>
    /// <param name="mediaType">Of the answer.</param>
    public TaskAnswer Answer(IReadOnlyList<SolvedPart> parts, string mediaType)
    {
        Restored[] planes = [.. parts.Select(part => (Restored)part.Result)];
        var picture = new PicturePlanes(_picture.Width, _picture.Height, _picture.Joined([.. planes.Select(plane => plane.Picture)])) { Depth = _payload.Picture.Depth };
        byte[]? png = mediaType == AcceptHeader.Json ? null : picture.Png();
        var answer = new RestorationAnswer
        {
            Model = _model.Manifest.Name,
            Version = _model.Manifest.Version,
            Sha256 = _model.Sha256,
            Width = picture.Width,
            Height = picture.Height,
            Restoration = Report(parts, planes, picture),
            Solves = [.. parts.Select(part => part.Report)],
            Residuals = [.. parts[0].Residuals.Where(double.IsFinite)],
            Energies = _hasEnergy ? [.. parts[0].Energies.Where(double.IsFinite).Select(Rounded)] : null,
            Png = IsStreamed ? Convert.ToBase64String(png!) : null,
        };
        return new TaskAnswer(answer)
        {
            Body = mediaType == ServedRestoration.Png ? png : null,
            Headers = [.. RestorationHeaders.Of(answer)],
            Solves = answer.Solves,
            IsOfOne = true,
        };
    }

    private bool IsStreamed => _room.MediaType == AcceptHeader.EventStream;

    private long AnswerBytes => _room.PlanesOf(_payload.Picture.Bytes);

    private long StateBytes => _picture.Solves.Sum(solve => sizeof(float) * (long)solve.Problem.Shape.Height * solve.Problem.Shape.Width);

    private RestorationReport Report(IReadOnlyList<SolvedPart> parts, Restored[] planes, PicturePlanes picture)
    {
        bool isUnique = _picture.Solves.All(solve => solve.Problem.IsUnique);
        double[] squares = [.. Enumerable.Range(0, picture.Planes.Count).Select(plane => planes.Where((_, place) => _picture.Solves[place].Plane == plane).Sum(each => each.Squares))];
        int count = planes.Where((_, place) => _picture.Solves[place].Plane == 0).Sum(each => each.Count);

        // Of orthogonal planes: the squares of the colours are those of the luminance three times and of the differences once.
        double all = squares.Length == 1 ? squares[0] : ((3 * squares[0]) + squares[1] + squares[2]) / 3;
        return new RestorationReport
        {
            Operator = _degradation.Name,
            Sigma = Math.Round(_sigma, 3),
            SigmaEstimated = _isEstimated,
            Lambda = _lambda,
            Factor = _degradation.Factor,
            Tiles = _picture.Tiles,
            Evaluations = parts.Sum(part => part.Report.Evaluations),
            Misfit = Math.Round(GreyLevels * Math.Sqrt(all / count), 3),
            Unique = isUnique,
            Uniqueness = isUnique
                ? "This problem is convex: it has one solution, and every start leads to it."
                : "A critical point was found. The problem may have others, and another start may lead to another picture.",
            Psnr = Quality(picture),
            PsnrBefore = (_payload.Picture.Width, _payload.Picture.Height) == (picture.Width, picture.Height) ? Quality(_payload.Picture) : null,
        };
    }

    private SolvePart PartOf(int place)
    {
        (_, PictureTile tile, RestorationProblem problem, Func<float[]> measured) = _picture.Solves[place];
        var start = new LateStart(problem.Shape.Height * problem.Shape.Width);
        return new SolvePart
        {
            Input = planes =>
            {
                float[] pixels = measured();
                problem.Fill(pixels, planes, start.GetSpan());
                _continued[place] = Last is { } last ? problem.Continue(last[place], pixels, start.GetSpan()) : 0;
            },
            Output = output =>
            {
                // The solve has started by now.
                start.Release();
                return Restored.Of(problem, output, measured(), tile) is { } found ? found with { Picture = _picture.Put(place, found.Picture) } : null;
            },
            Shape = problem.Shape,
            Start = start.Memory,
            IsWarm = () => _continued[place] > 0,
            FinalState = Ends is { } ends ? ends[place] : default(Memory<float>?),
            KeepsResiduals = true,
            IsImage = false,
            Energy = _hasEnergy ? (state, regularizer) => problem.Energy(state, measured(), regularizer) * GreyLevels * GreyLevels / state.Length : null,
            Subject = this,
            Grant = GrantOf(problem),
            Events = IsStreamed ? new PartEvents(EventBytes + (HasPreview(place) ? _preview.Bytes : 0), report => EventOf(place, report, (Restored?)report.Result)) : null,
        };
    }

    /// <summary>What a part may spend where nothing is named: what suits the problem; tiles, which are many, take the model's defaults.</summary>
    private SolveGrant GrantOf(RestorationProblem problem) => _picture.Tiles > 1
        ? _grant
        : _grant.WithDefaults(problem.UsualTolerance(_grant.Tolerance), problem.UsualEvaluations(_grant.MaxEvaluations));

    private RestorationIterate EventOf(int place, IterateReport<object?> report, Restored? at) => new()
    {
        Plane = _picture.Solves[place].Plane,
        Tile = place % _picture.Tiles,
        Evaluations = report.Evaluations,
        Residual = double.IsFinite(report.Residual) ? report.Residual : null,
        Misfit = at is not { Count: > 0 } ? null : Math.Round(GreyLevels * Math.Sqrt(at.Squares / at.Count), 3),
        Energy = report.Energy is { } energy && double.IsFinite(energy) ? Rounded(energy) : null,
        Preview = HasPreview(place) && at is not null ? _preview.Of(at.Picture) : null,
    };

    private bool HasPreview(int place) => place == 0 && _picture.Tiles == 1;

    /// <summary>An energy to the digits that single precision knows of it.</summary>
    private static double Rounded(double energy) => double.Parse(energy.ToString("g7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>PSNR against the reference, in grey where either is grey.</summary>
    private double? Quality(PicturePlanes picture)
    {
        if (_payload.Reference is not { } reference)
        {
            return null;
        }

        double found = picture.Planes.Count == reference.Planes.Count
            ? PictureQuality.PeakSignalToNoise(picture.Colours(), reference.Colours())
            : PictureQuality.PeakSignalToNoise(picture.Planes[0], reference.Planes[0]);
        return double.IsFinite(found) ? Math.Round(found, 2) : null;
    }

    /// <summary>A restored plane, or of a tile, which is put into its plane, no pixels; and how well it explains the measured one.</summary>
    private sealed record Restored(float[] Picture, double Squares, int Count)
    {
        public static Restored? Of(RestorationProblem problem, ReadOnlySpan<float> output, float[] measured, PictureTile tile)
        {
            if (problem.Cut(output) is not { } picture)
            {
                return null;
            }

            (double squares, int count) = problem.Misfit(output, measured, tile);
            return new Restored(picture, squares, count);
        }
    }
}
