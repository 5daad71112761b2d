using System.Numerics.Tensors;

namespace Deq.Runtime.Implicit;

/// <summary>min ½‖x − x₀‖² where margin(output) + κ ≤ 0: the input nearest to x₀ to which another label is answered.</summary>
/// <remarks>
/// <para>
/// The margin is the logit of the label minus the largest other one, or where a label is wanted the largest other one minus that of the wanted one: negative where the answer has
/// changed. ℓ is the constraint, margin + κ.
/// x moves towards the point nearest to x₀ among those that meet the constraint as it is linearized at x, within the box; so there is no penalty to weigh, and where x
/// stands still the conditions of Karush, Kuhn and Tucker hold. A row brings x₀, the label, the wanted label and a radius: <c>[input, 1, 1, 1]</c>.
/// </para>
/// <para>
/// Source of the margin: Carlini and Wagner, "Towards evaluating the robustness of neural networks" (2017), section V; of the step: Moosavi-Dezfooli, Fawzi and Frossard,
/// "DeepFool" (2016), section 3, with the projection on the box of Croce and Hein, "Minimally distorted adversarial examples" (2020), section 3.1.
/// </para>
/// </remarks>
public sealed class NearestChange : IJointProblem
{
    private const int Figures = 3;
    private const int MostRounds = 40;

    /// <summary>Above every distance.</summary>
    private const double Unmet = 1e9;

    /// <summary>Steps that suit it: the image waits until the multiplier has settled, and steps are shorter once it is near, where the gradient jumps at the corners of the margin.</summary>
    public static JointSteps Steps { get; } = new() { State = 0.9, Multiplier = 0.9, Input = 0.15, InputFrom = 6, LaterFrom = 30, LaterFactor = 0.3 };

    /// <summary>κ, by how much the other logit is to be ahead, at least 0. Default 0.1.</summary>
    public double Lead { get; init; } = 0.1;

    /// <summary>The longest move of x at one evaluation, above 0, so that state and multiplier can follow. Default 0.05.</summary>
    public double LongestMove { get; init; } = 0.05;

    /// <summary>The least and the largest number of x; x₀ lies between. The radius is the row's own. Default all of space.</summary>
    public InputBounds Bounds { get; init; } = InputBounds.None;

    /// <summary>How x becomes the encoder's input. Default null: x is it.</summary>
    public ChannelScale? Scale { get; init; }

    /// <inheritdoc/>
    public int LengthOf(int input, int output) => input + Figures;

    /// <summary>Writes what a row brings.</summary>
    /// <param name="image">x₀.</param>
    /// <param name="label">The label that is to change.</param>
    /// <param name="wanted">The label that is to be answered instead; null: any other.</param>
    /// <param name="radius">The largest ‖x − x₀‖.</param>
    /// <param name="problem">Receives it.</param>
    public static void Write(ReadOnlySpan<float> image, int label, int? wanted, double radius, Span<float> problem)
    {
        image.CopyTo(problem);
        (problem[^3], problem[^2], problem[^1]) = (label, wanted ?? -1, (float)radius);
    }

    /// <summary>The logit of a label minus the largest other one.</summary>
    /// <param name="logits">At least 2.</param>
    /// <param name="label">Its index.</param>
    /// <param name="rival">The other one's index.</param>
    public static double Margin(ReadOnlySpan<float> logits, int label, out int rival)
    {
        rival = label == 0 ? 1 : 0;
        for (int i = 0; i < logits.Length; i++)
        {
            rival = i != label && logits[i] > logits[rival] ? i : rival;
        }

        return logits[label] - logits[rival];
    }

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> problem, ReadOnlySpan<float> output, Span<float> cotangent)
    {
        (int label, int wanted) = ((int)problem[^3], (int)problem[^2]);
        int held = wanted >= 0 ? wanted : label;
        double margin = Margin(output, held, out int rival);
        int sign = wanted >= 0 ? -1 : 1;
        cotangent.Clear();
        (cotangent[held], cotangent[rival]) = (sign, -sign);
        return (sign * margin) + Lead;
    }

    /// <inheritdoc/>
    public double Prior(ReadOnlySpan<float> problem, ReadOnlySpan<float> x, Span<float> gradient)
    {
        gradient.Clear();
        return 0;
    }

    /// <inheritdoc/>
    public void Start(ReadOnlySpan<float> problem, Span<float> x) => problem[..x.Length].CopyTo(x);

    /// <inheritdoc/>
    public void Project(ReadOnlySpan<float> problem, Span<float> x) => (Bounds with { Radius = problem[^1] }).Project(problem[..x.Length], x);

    /// <summary>Goes a share of the way to the nearest point that meets the linearized constraint.</summary>
    public void Step(ReadOnlySpan<float> problem, scoped in JointPoint at, double step, Span<float> next)
    {
        FindNearest(problem[..at.X.Length], at, problem[^1], next);
        double whole = TensorPrimitives.Distance(at.X, next);
        TensorPrimitives.Lerp(at.X, next, (float)Math.Min(Math.Min(1, step), whole > 0 ? LongestMove / whole : 1), next);
    }

    /// <summary>Among iterates with another label the nearest one to x₀, the less so the further it is from equilibrium, since z lags behind x and has the margin of an earlier one; behind them the one that misses least.</summary>
    public double? RankOf(ReadOnlySpan<float> problem, scoped in JointPoint at, double equilibrium) => at.Loss <= Lead
        ? ScaleOf(problem, at.X) * (1 + equilibrium)
        : Unmet + at.Loss;

    /// <summary>How far x has come from x₀.</summary>
    public double ScaleOf(ReadOnlySpan<float> problem, ReadOnlySpan<float> x) => TensorPrimitives.Distance(x, problem[..x.Length]);

    /// <inheritdoc/>
    public void Enter(ReadOnlySpan<float> x, Span<float> input)
    {
        if (Scale is null)
        {
            x.CopyTo(input);
        }
        else
        {
            Scale.Enter(x, input);
        }
    }

    /// <inheritdoc/>
    public void PullBack(Span<float> gradient) => Scale?.PullBack(gradient);

    /// <summary>
    /// The q nearest to x₀ with ℓ + g·(q − x) ≤ 0: q(λ) = clip(x₀ − λg), at the λ by Newton's method, which never passes it, since ℓ + g·(q(λ) − x) is convex and
    /// piecewise linear in λ.
    /// </summary>
    private void FindNearest(ReadOnlySpan<float> centre, scoped in JointPoint at, double radius, Span<float> nearest)
    {
        double level = at.Loss - TensorPrimitives.Dot(at.Gradient, at.X);
        double factor = 0;
        for (int round = 0; round < MostRounds; round++)
        {
            Place(centre, at.Gradient, factor, nearest);
            double missing = level + TensorPrimitives.Dot<float>(at.Gradient, nearest);
            double slope = FreeSquares(at.Gradient, nearest);
            if (!(missing > 1e-6 * Math.Abs(at.Loss)) || !(slope > 0) || TensorPrimitives.Distance(centre, nearest) >= radius)
            {
                break;
            }

            factor += missing / slope;
        }

        if (TensorPrimitives.Distance(centre, nearest) > radius)
        {
            Shorten(centre, at.Gradient, factor, radius, nearest);
        }
    }

    private void Place(ReadOnlySpan<float> centre, ReadOnlySpan<float> gradient, double factor, Span<float> place)
    {
        TensorPrimitives.MultiplyAdd(gradient, (float)-factor, centre, place);
        Bounds.Project([], place);
    }

    /// <summary>Σg² of the numbers that the box leaves free to move further along −g.</summary>
    private double FreeSquares(ReadOnlySpan<float> gradient, ReadOnlySpan<float> place)
    {
        double squares = 0;
        for (int i = 0; i < gradient.Length; i++)
        {
            bool isFree = gradient[i] > 0 ? place[i] > Bounds.Least : place[i] < Bounds.Most;
            squares += isFree ? (double)gradient[i] * gradient[i] : 0;
        }

        return squares;
    }

    /// <summary>The q(λ) at the radius, by halving.</summary>
    private void Shorten(ReadOnlySpan<float> centre, ReadOnlySpan<float> gradient, double factor, double radius, Span<float> place)
    {
        (double inside, double outside) = (0, factor);
        for (int round = 0; round < MostRounds; round++)
        {
            double middle = 0.5 * (inside + outside);
            Place(centre, gradient, middle, place);
            (inside, outside) = TensorPrimitives.Distance(centre, place) <= radius ? (middle, outside) : (inside, middle);
        }

        Place(centre, gradient, inside, place);
    }
}
