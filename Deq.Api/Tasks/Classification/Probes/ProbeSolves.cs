using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Tasks.Classification.Probes;

/// <summary>What is solved of one request to probe: the image, then the change by joint inference, then the changed image anew.</summary>
internal sealed class ProbeSolves
{
    /// <summary>What of the change that joint inference found is checked: a little less may do, and a little more may be needed.</summary>
    private static readonly double[] s_shares = [0.8, 1, 1.25, 2];

    /// <summary>What is checked where none of these was enough.</summary>
    private static readonly double[] s_larger = [3, 5];

    /// <summary>Where between the largest share that was not enough and the smallest that was.</summary>
    private static readonly double[] s_between = [0.25, 0.5, 0.75];

    /// <summary>At what residual a label counts: near the boundary between two labels a wide one would not tell them apart.</summary>
    private const double LabelTolerance = 1e-3;

    private const int LabelEvaluations = 60;

    private readonly ServedModel _model;
    private readonly WriteInput _brought;
    private readonly SolveGrant _grant;
    private readonly ProbedImage _image;
    private readonly float[] _state;

    /// <summary>States what is asked.</summary>
    /// <param name="model">One with joint inference.</param>
    /// <param name="brought">The image.</param>
    /// <param name="grant">What joint inference may spend.</param>
    /// <exception cref="ProblemException">The label that is wanted is none of the model's.</exception>
    public ProbeSolves(ServedModel model, WriteInput brought, SolveGrant grant)
    {
        (_model, _brought, _grant) = (model, brought, grant);
        _image = new ProbedImage(model.Manifest.Input);
        _state = new float[model.Engine.WidthsAt(default).State];
        Target = TargetOf(grant.Asked.OfTask, model.Manifest.Labels);
        LargestChange = ProbeParameters.LargestChangeOf(grant.Asked.OfTask, _image.Values.Length);
    }

    /// <summary>The label that is wanted; null: any other.</summary>
    public int? Target { get; }

    /// <summary>The bound on the L2 norm of the change.</summary>
    public double LargestChange { get; }

    /// <summary>The solve of the image, which keeps its equilibrium.</summary>
    public SolvePart Before() => new()
    {
        Input = numbers => _image.Read(_brought, numbers),
        Output = Label,
        FinalState = _state,
        Grant = OfLabel(),
        Subject = this,
    };

    /// <summary>Joint inference of the change, from the equilibrium of the image.</summary>
    /// <param name="before">The solved image.</param>
    /// <exception cref="ProblemException">The image has the wanted label already.</exception>
    public SolvePart Change(SolvedPart before)
    {
        int label = ((Prediction)before.Result).Index;
        if (label == Target)
        {
            throw new ProblemException(ProblemKinds.InvalidInput, $"The image is answered as '{_model.Manifest.Labels[label]}' already, which is the target.");
        }

        var layout = new JointLayout(_state.Length, _image.Values.Length);
        float[] start = new float[layout.Width];
        _state.CopyTo(layout.StateOf(start));
        _image.Values.CopyTo(layout.InputOf(start));
        int labels = _model.Manifest.Labels.Count;
        return new SolvePart
        {
            Input = problem => NearestChange.Write(_image.Values, label, Target, LargestChange, problem),
            Output = output => float.IsFinite(output[^2]) ? output.Slice(labels, layout.Input).ToArray() : null,
            Start = start,
            Grant = _grant,
        };
    }

    /// <summary>The solves of changed images: each cold, as if the image had been sent.</summary>
    /// <param name="change">The solved change.</param>
    public IReadOnlyList<SolvePart> Checks(SolvedPart change) => PartsOf(change, s_shares);

    /// <summary>The solves that narrow the change down, or that try larger ones.</summary>
    /// <param name="before">The solved image.</param>
    /// <param name="change">The solved change.</param>
    /// <param name="checks">What <see cref="Checks"/> came to.</param>
    public IReadOnlyList<SolvePart> Refinements(SolvedPart before, SolvedPart change, IReadOnlyList<SolvedPart> checks)
    {
        ImageChange[] tried = [.. checks.Select(check => (ImageChange)check.Subject!)];
        int first = checks.ToList().FindIndex(check => IsChanged((Prediction)before.Result, (Prediction)check.Result));
        double most = first < 0 ? 0 : tried[first].Share;
        double least = first > 0 ? tried[first - 1].Share : s_between[1] * most;
        IEnumerable<double> shares = first < 0 ? s_larger : s_between.Select(place => least + (place * (most - least)));
        return PartsOf(change, shares);
    }

    /// <summary>Whether a label is another one, as wanted.</summary>
    public bool IsChanged(Prediction before, Prediction after) => Target is { } wanted ? after.Index == wanted : after.Index != before.Index;

    private static int? TargetOf(IReadOnlyDictionary<string, string> asked, IReadOnlyList<string> labels)
    {
        if (!asked.TryGetValue(ProbeParameters.Target.Name, out string? name))
        {
            return null;
        }

        int place = labels.ToList().IndexOf(name);
        return place >= 0 ? place : throw ProblemException.OfParameter(
            ProbeParameters.Target.Name, $"'{name.Shorten()}' is no label of this model; there are {string.Join(", ", labels)}.");
    }

    /// <summary>The solves of shares of a change; of the image itself where all of them pass the bound.</summary>
    private SolvePart[] PartsOf(SolvedPart change, IEnumerable<double> shares)
    {
        IEnumerable<ImageChange> changes = shares.Select(share => _image.Towards((float[])change.Result, share)).Where(each => each.L2 <= LargestChange);
        return [.. changes.DefaultIfEmpty(_image.Towards(_image.Values, 0)).Select(each => new SolvePart
        {
            Input = numbers => _image.Enter(each.Values, numbers),
            Output = Label,
            Grant = OfLabel(),
            IsImage = false,
            Subject = each,
        })];
    }

    private Prediction? Label(ReadOnlySpan<float> logits) => TopPredictions.Of(logits, _model.Manifest.Labels, top: 1)?.Predictions[0];

    /// <summary>What the solve of a label may spend: by the model's own method.</summary>
    private SolveGrant OfLabel()
    {
        SolveDefaults own = _model.Manifest.Defaults;
        return _grant with
        {
            Model = own,
            Solver = own.Solver,
            Tolerance = Math.Max(own.ToleranceLimit, Math.Min(own.Tolerance, LabelTolerance)),
            MaxEvaluations = Math.Min(own.EvaluationsLimit, Math.Max(own.MaxEvaluations, LabelEvaluations)),
            Clamped = [],
        };
    }
}
