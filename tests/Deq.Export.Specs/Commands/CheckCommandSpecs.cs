using Deq.Export.Commands;
using Deq.Export.Specs.Packing;
using Deq.Export.Specs.Verification;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Commands;

public sealed class CheckCommandSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CheckCommandSpecs() => ForeignTiny.Pack(_folder, ForeignTiny.Cell(), "--labels", "a,b,c,d", "--mean", "0", "--deviation", "1");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ends_with_0_where_the_bundle_gives_what_its_own_program_gave()
    {
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("feat", [2, ForeignTiny.Width], ForeignTiny.Inputs), ("z3", [2, ForeignTiny.Width], Iterate(3)));

        (int code, string output) = Check(new FileInfo(_folder.File("reference.npz")));

        Assert.True(code == 0, output);
        Assert.Contains("z3: largest difference", output, StringComparison.Ordinal);
        Assert.Contains("2 of 2 inputs converged", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Ends_with_1_and_names_the_array_that_differs()
    {
        float[] other = Iterate(3);
        other[5] += 1e-3f;
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("z3", [2, ForeignTiny.Width], other));

        (int code, string output) = Check(new FileInfo(_folder.File("reference.npz")));

        Assert.Equal(1, code);
        Assert.Contains("above", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("surprise", "there is nothing to compare 'surprise' with")]
    [InlineData("z3", "z3 of the reference has 3 numbers per input; the bundle gives 16")]
    public void Refuses_arrays_that_it_cannot_compare(string name, string message)
    {
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), (name, [2, 3], new float[6]));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(new FileInfo(_folder.File("reference.npz"))));

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_two_arrays_for_one_tensor_of_the_bundle()
    {
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("feat", [2, ForeignTiny.Width], ForeignTiny.Inputs), ("x", [2, ForeignTiny.Width], ForeignTiny.Inputs));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(new FileInfo(_folder.File("reference.npz"))));

        Assert.Contains("reference.npz has two arrays for x of the bundle", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_an_array_that_no_memory_holds()
    {
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [50_000, 50_000], [0f]));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(new FileInfo(_folder.File("reference.npz"))));

        Assert.Contains("inputs is [50000, 50000], more than", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inputs", float.NaN)]
    [InlineData("feat", float.NegativeInfinity)]
    [InlineData("z3", float.PositiveInfinity)]
    [InlineData("outputs", float.NaN)]
    public void Refuses_a_reference_with_numbers_that_are_not_finite_by_the_name_of_the_array(string name, float number)
    {
        int width = name == "outputs" ? 4 : ForeignTiny.Width;
        float[] values = [.. Enumerable.Repeat(0.5f, 2 * width)];
        values[5] = number;
        float[] inputs = name == "inputs" ? values : ForeignTiny.Inputs;
        List<(string Name, int[] Shape, float[] Values)> arrays = [("inputs", [2, 1, 4, 4], inputs)];
        if (name != "inputs")
        {
            arrays.Add((name, [2, width], values));
        }

        NumpyFile.Write(_folder.File("reference.npz"), [.. arrays]);

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(new FileInfo(_folder.File("reference.npz"))));

        Assert.StartsWith($"reference.npz: {name} has NaN or infinite numbers", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_numbers_which_are_not_finite_are_the_bundle_s_own()
    {
        byte[] cell = ForeignTiny.Cell(
            map: [ForeignTiny.Node("Asin", ["feat"], "angle"), ForeignTiny.Node("Sub", ["angle", "angle"], "nothing"), ForeignTiny.Node("Add", ["half", "nothing"], "mapped")]);
        ForeignTiny.Pack(_folder, cell, "--replace", "--labels", "a,b,c,d", "--mean", "0", "--deviation", "1");
        NumpyFile.Write(
            _folder.File("reference.npz"), ("inputs", [1, 1, 4, 4], [.. Enumerable.Repeat(2f, ForeignTiny.Width)]), ("z1", [1, ForeignTiny.Width], new float[ForeignTiny.Width]));
        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        using var output = new StringWriter();

        bool agrees = new BundleReference(new FileInfo(_folder.File("reference.npz")), bundle).Agrees(1e-4, output);

        Assert.False(agrees);
        Assert.Contains("z1: the bundle gives NaN or infinite numbers; those of the reference are finite.", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_the_spectral_radius_of_a_cell_without_a_vector_Jacobian_product()
    {
        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());

        double radius = new BundleCheck(bundle, bundle.Model, [new float[ForeignTiny.Width]], TimeProvider.System).SpectralRadius();

        Assert.Equal(0.5, radius, 1e-3);
    }

    [Fact]
    public void Names_the_operators_of_the_cell_and_what_they_take_and_leaves_no_file()
    {
        string[] before = Profiles();
        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());

        IReadOnlyList<OperatorCost> costs = new BundleCheck(bundle, bundle.Model, [new float[ForeignTiny.Width]], TimeProvider.System).Operators();

        Assert.Contains(costs, cost => cost.Operator == "Tanh");
        Assert.Equal(1, costs.Sum(cost => cost.Share), 1e-9);
        Assert.Equal(before, Profiles());
    }

    [Fact]
    public void Ends_with_1_where_solves_diverge()
    {
        TinyBundle.Write(_folder.File("wild"), new() { IsLinear = true, SpectralNorm = 30, Solver = "picard", MaxEvaluations = 200 });
        using var output = new StringWriter();

        int code = CheckCommand.Run(new DirectoryInfo(_folder.File("wild")), reference: null, 1e-4, 3, output);

        Assert.Equal(1, code);
        Assert.Contains("3 of 3 solves diverged", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Compares_with_the_largest_value_of_an_array_however_small_that_is()
    {
        float[] inputs = [.. ForeignTiny.Inputs.Select(value => 1e-3f * value)];
        float[] state = [.. inputs.Select(value => 1.01f * MathF.Tanh(value))];
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], inputs), ("z1", [2, ForeignTiny.Width], state));

        (int code, string output) = Check(new FileInfo(_folder.File("reference.npz")));

        Assert.True(code == 1, output);
    }

    [Fact]
    public void Says_that_outputs_of_whole_solves_are_not_compared()
    {
        NumpyFile.Write(
            _folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("z3", [2, ForeignTiny.Width], Iterate(3)), ("outputs", [2, 4], new float[8]));

        (int code, string output) = Check(new FileInfo(_folder.File("reference.npz")));

        Assert.True(code == 0, output);
        Assert.Contains("outputs of the reference was not compared: `evaluate --reference` compares it", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Knows_arrays_by_their_whole_names()
    {
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("other/z3", [2, ForeignTiny.Width], Iterate(3)));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(new FileInfo(_folder.File("reference.npz"))));

        Assert.Contains("there is nothing to compare 'other/z3' with", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_two_arrays_of_one_name()
    {
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(new FileInfo(_folder.File("reference.npz"))));

        Assert.Contains("reference.npz has two arrays called inputs", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_the_states_of_the_solver_in_the_memory_of_a_row()
    {
        ForeignTiny.Pack(_folder, ForeignTiny.Cell(), "--replace", "--labels", "a,b,c,d", "--mean", "0", "--deviation", "1", "--memory", "32");
        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());

        (_, long bytes) = new BundleCheck(bundle, bundle.Model, [new float[ForeignTiny.Width]], TimeProvider.System).Cost();

        Assert.True(bytes > 2 * 32 * ForeignTiny.Width * sizeof(float), $"A row holds {bytes} bytes.");
    }

    [Fact]
    public void Writes_shapes_in_numbers_at_the_size_that_is_measured()
    {
        using ModelBundle bundle = ModelBundle.Open(TinyFlowBundle.Write(_folder.File("flow")), new ExecutionOptions());

        Assert.Equal((long[])[1, 6, 16, 24], CheckedSize.Numbers(["B", "6", "4*H", "4*W"], bundle.Manifest, new ShapeKey(64, 96)));
        Assert.NotEmpty(new BundleCheck(bundle, bundle.Model.At(new ShapeKey(16, 64)), [new float[6 * 16 * 64]], TimeProvider.System).Operators());
    }

    private static string[] Profiles() => [.. Directory.GetFiles(Directory.GetCurrentDirectory(), "onnxruntime_profile*").Order(StringComparer.Ordinal)];

    private static float[] Iterate(int evaluations)
    {
        float[] z = new float[2 * ForeignTiny.Width];
        for (int i = 0; i < evaluations; i++)
        {
            z = [.. z.Zip(ForeignTiny.Inputs, (state, x) => MathF.Tanh((state / 2) + x))];
        }

        return z;
    }

    private (int Code, string Output) Check(FileInfo reference)
    {
        using var output = new StringWriter();
        return (CheckCommand.Run(new DirectoryInfo(_folder.File("model")), reference, 1e-4, 4, output), output.ToString());
    }
}
