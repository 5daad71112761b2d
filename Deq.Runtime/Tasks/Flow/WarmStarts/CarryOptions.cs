using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>How a state is carried to the next frame.</summary>
/// <remarks>
/// What comes into view is mostly behind: filled with what arrived nearest and moves least, the carried flow of drawn clips is nearer to the truth
/// after two evaluations than that of a cold start, and left cold there it is further.
/// </remarks>
public sealed record CarryOptions
{
    private readonly float _flowScale = 1;
    private readonly float _hiddenScale = 1;

    /// <summary>What estimators are trained on: everything at full strength, the background where nothing arrives.</summary>
    public static CarryOptions AsTrained { get; } = new();

    /// <summary>What carried flow is multiplied by, 0 to 1. Default 1.</summary>
    public float FlowScale
    {
        get => _flowScale;
        init => _flowScale = Share(value);
    }

    /// <summary>What carried h is multiplied by, 0 to 1. Default 1.</summary>
    public float HiddenScale
    {
        get => _hiddenScale;
        init => _hiddenScale = Share(value);
    }

    /// <summary>What cells get onto which nothing moves. Default <see cref="CarryFill.Background"/>.</summary>
    public CarryFill Fill { get; init; } = CarryFill.Background;

    /// <summary>Multiplies a carried state by <see cref="HiddenScale"/> and <see cref="FlowScale"/>.</summary>
    internal void Scale(Span<float> state, FlowStateLayout layout)
    {
        int hidden = layout.Hidden * layout.Cells;
        Multiply(state[..hidden], HiddenScale);
        Multiply(state[hidden..], FlowScale);
    }

    private static void Multiply(Span<float> numbers, float scale)
    {
        if (scale != 1)
        {
            TensorPrimitives.Multiply(numbers, scale, numbers);
        }
    }

    private static float Share(float value) => value is >= 0 and <= 1
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A carried state is multiplied by 0 to 1.");
}

/// <summary>What a carried state holds where nothing moves to: mostly what comes into view from behind something.</summary>
public enum CarryFill
{
    /// <summary>0, as at a cold start.</summary>
    Cold,

    /// <summary>What was there before.</summary>
    Unmoved,

    /// <summary>
    /// What arrived nearest in the row or the column, of up to four the one that moves least: what comes into view is behind, and what is behind
    /// mostly moves less.
    /// </summary>
    Background,
}
