using Deq.Runtime.Implicit;
using Deq.Runtime.Models;

namespace Deq.Runtime.Onnx;

/// <summary>
/// Joint inference on a model as the engine sees it: its input is a problem, its state [z, μ, x], its output the decoded answer, x, the loss and the residual.
/// </summary>
/// <remarks>Shared by threads. The model stays its owner's; dispose lanes before it.</remarks>
public sealed class OnnxJointModel : IEquilibriumModel
{
    /// <summary>What an output holds after the decoded answer and x: the loss and the residual.</summary>
    private const int Figures = 2;

    /// <summary>Joins a model with a problem.</summary>
    /// <param name="model">One whose bundle carries the graphs of joint inference.</param>
    /// <param name="problem">What x is chosen by.</param>
    /// <param name="steps">How far an evaluation moves. Default null: the usual steps.</param>
    /// <exception cref="ArgumentException">The bundle does not carry the graphs.</exception>
    public OnnxJointModel(OnnxModel model, IJointProblem problem, JointSteps? steps = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(problem);
        if (!model.HasJointGraphs)
        {
            throw new ArgumentException(
                $"The bundle does not carry {ModelParts.JointCell}, {ModelParts.DecoderVectorJacobian} and {ModelParts.EncoderVectorJacobian}.", nameof(model));
        }

        (Model, Problem, Steps) = (model, problem, steps ?? new JointSteps());
        Layout = new JointLayout(model.StateWidth, model.InputLength);
        InputLength = problem.LengthOf(model.InputLength, model.OutputLength);
    }

    /// <inheritdoc/>
    public int InputLength { get; }

    /// <inheritdoc/>
    public int StateWidth => Layout.Width;

    /// <inheritdoc/>
    public int OutputLength => Model.OutputLength + Layout.Input + Figures;

    /// <summary>Where the parts of a state lie.</summary>
    public JointLayout Layout { get; }

    internal OnnxModel Model { get; }

    internal IJointProblem Problem { get; }

    internal JointSteps Steps { get; }

    /// <summary>The decoded answer in an output.</summary>
    public ReadOnlySpan<float> AnswerIn(ReadOnlySpan<float> output) => output[..Model.OutputLength];

    /// <summary>x in an output.</summary>
    public ReadOnlySpan<float> InputIn(ReadOnlySpan<float> output) => output.Slice(Model.OutputLength, Layout.Input);

    /// <inheritdoc/>
    public long BytesOf(int capacity) => (2 * Model.BytesOf(capacity)) + (sizeof(float) * (long)capacity * (InputLength + (2L * StateWidth)));

    /// <summary>Makes one thread's own lane.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxJointLane OpenLane(int capacity) => new(this, capacity);

    /// <inheritdoc/>
    IModelLane IEquilibriumModel.OpenLane(int capacity) => OpenLane(capacity);
}
