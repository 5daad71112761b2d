using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;
using Deq.Runtime.Tasks.Reasoning;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class ReasonerCatalogueSpecs
{
    private static readonly TokenVocabulary s_bits = new PrefixSumChecker().Vocabulary;
    private static readonly TokenVocabulary s_maze = new MazeChecker().Vocabulary;
    private static readonly TokenVocabulary s_sudoku = new SudokuChecker().Vocabulary;

    public static TheoryData<string, int, int> Kinds => new() { { "sequence", 1, 13 }, { "messages", 7, 5 }, { "peers", 9, 9 } };

    [Theory, MemberData(nameof(Kinds))]
    public void Every_cell_gives_in_ONNX_Runtime_what_it_gives_in_Torch(string kind, int height, int width)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var model = new SmallReasoner(kind, Vocabulary(kind));
        Tensor tokens = Tokens(Vocabulary(kind), 3, height, width);

        Tensor x = model.Bound.Encode(tokens)[0];
        Tensor z = randn(model.Network.StateSizes(tokens), generator: new Generator(1));
        Tensor fz = model.Bound.Evaluate(z, x);

        Assert.Equal(z.shape, fz.shape);
        Assert.InRange(Distance(x, model.Onnx(model.Graphs.Encoder, tokens)), 0, 1e-5);
        Assert.InRange(Distance(fz, model.Onnx(model.Graphs.Cell, z, x)), 0, 1e-5);
        Assert.InRange(Distance(model.Bound.Decode(fz), model.Onnx(model.Graphs.Decoder, fz)), 0, 1e-4);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_row_is_the_same_alone_and_in_a_batch(string kind, int height, int width)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var model = new SmallReasoner(kind, Vocabulary(kind));
        Tensor tokens = Tokens(Vocabulary(kind), 3, height, width);
        Tensor z = randn(model.Network.StateSizes(tokens), generator: new Generator(2));

        Tensor together = model.Bound.Evaluate(z, model.Bound.Encode(tokens)).narrow(0, 1, 1);
        Tensor alone = model.Bound.Evaluate(z.narrow(0, 1, 1), model.Bound.Encode(tokens.narrow(0, 1, 1)));

        Assert.InRange(Distance(together, alone), 0, 1e-6);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_state_stays_bounded_whatever_the_start(string kind, int height, int width)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var model = new SmallReasoner(kind, Vocabulary(kind));
        Tensor tokens = Tokens(Vocabulary(kind), 1, height, width);

        Tensor far = 1e4f * randn(model.Network.StateSizes(tokens), generator: new Generator(3));

        Assert.InRange(model.Bound.Evaluate(far, model.Bound.Encode(tokens)).abs().max().item<float>(), 0, 4);
    }

    [Fact]
    public void What_stands_later_in_a_sequence_changes_nothing_before_it()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var model = new SmallReasoner("sequence", s_bits);
        Tensor tokens = Tokens(s_bits, 1, 1, 20);
        Tensor other = tokens.clone();
        other[0, 0, 0, 12] = 1 - other[0, 0, 0, 12];

        Tensor change = (model.Solve(tokens, 4) - model.Solve(other, 4)).abs().amax([0, 2]);

        Assert.Equal(0, change.narrow(0, 0, 12).max().item<float>());
        Assert.True(change[12].item<float>() > 0);
    }

    [Fact]
    public void Along_a_corridor_every_start_ends_in_one_state_after_as_many_hops_as_it_has_places()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var model = new SmallReasoner("messages", s_maze);
        Tensor corridor = Tokens(s_maze, 1, 1, 11);
        Tensor[] x = model.Bound.Encode(corridor);
        long[] shape = model.Network.StateSizes(corridor);

        Tensor cold = model.Bound.Iterate(zeros(shape), x, 6);
        Tensor noisy = model.Bound.Iterate(randn(shape, generator: new Generator(4)), x, 6);

        Assert.InRange(Distance(cold, noisy), 0, 1e-5);
        Assert.True(Distance(cold, model.Bound.Iterate(zeros(shape), x, 2)) > 1e-3);
    }

    [Fact]
    public void A_renamed_and_permuted_Sudoku_has_the_renamed_and_permuted_answer()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var model = new SmallReasoner("peers", s_sudoku);
        var random = new SplitMix64(6);
        SudokuPuzzle puzzle = new SudokuMaker().Minimal(ref random);
        SplitMix64 again = random;
        int[] places = [.. Enumerable.Range(0, 81)];
        SudokuPuzzle moved = SudokuMaker.Moved(puzzle, ref random);
        int[] digits = [.. Enumerable.Range(1, 9).Select(digit => Renamed(puzzle, ref again, digit))];

        float[] before = Logits(model, puzzle);
        float[] after = Logits(model, moved);

        // Each digit's logits, sorted over the places: what a symmetry of the places leaves as it is.
        foreach (int digit in Enumerable.Range(0, 9))
        {
            float[] expected = [.. places.Select(place => before[(digit * 81) + place]).Order()];
            float[] actual = [.. places.Select(place => after[((digits[digit] - 1) * 81) + place]).Order()];
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    private static int Renamed(SudokuPuzzle puzzle, ref SplitMix64 random, int digit)
    {
        // A puzzle that is one digit all over shows what the same draws rename it to.
        SplitMix64 copy = random;
        return SudokuMaker.Moved(puzzle with { Givens = new int[81], Solution = [.. Enumerable.Repeat(digit, 81)] }, ref copy).Solution[0];
    }

    private static float[] Logits(SmallReasoner model, SudokuPuzzle puzzle)
    {
        using ReasonerTensors tensors = new(ReasoningBatch.Of([Sudokus.Of(puzzle)], s_sudoku, CPU));
        return model.Bound.Decode(model.Solve(tensors.Tokens, 5)).contiguous().data<float>().ToArray();
    }

    private static TokenVocabulary Vocabulary(string kind) => kind switch { "sequence" => s_bits, "messages" => s_maze, _ => s_sudoku };

    private static Tensor Tokens(TokenVocabulary vocabulary, int rows, int height, int width) =>
        randint(0, vocabulary.Count, [rows, 1, height, width], dtype: ScalarType.Float32, generator: new Generator(7));

    private static double Distance(Tensor a, Tensor b) => (a - b).abs().max().item<float>();

    private sealed record ReasonerTensors(ReasoningBatch Batch) : IDisposable
    {
        public Tensor Tokens => Batch.Tokens;

        public void Dispose() => Batch.Targets.Dispose();
    }

    private sealed class SmallReasoner : IDisposable
    {
        private readonly ModelParameters _parameters;

        public SmallReasoner(string kind, TokenVocabulary vocabulary)
        {
            Graphs = ReasonerCatalogue.Build(new ReasonerRecipe { Kind = kind, Channels = 6, Hidden = 8, Hops = 2 }, vocabulary);
            Network = new EquilibriumNetwork(Graphs);
            _parameters = new ModelParameters(Graphs.Weights, seed: 1);
            Bound = Network.Bind(_parameters.Compose());
        }

        public ModelGraphs Graphs { get; }

        public EquilibriumNetwork Network { get; }

        public BoundNetwork Bound { get; }

        public Tensor Solve(Tensor tokens, int evaluations) =>
            Bound.Iterate(zeros(Network.StateSizes(tokens)), Bound.Encode(tokens), evaluations);

        public Tensor Onnx(Graph graph, params Tensor[] inputs)
        {
            using var session = new InferenceSession(OnnxWriter.Write(graph, _parameters.Fold(graph)));
            using var run = new RunOptions();
            Dictionary<string, OrtValue> values = graph.Inputs.Zip(inputs).ToDictionary(
                pair => pair.First.Name, pair => OrtValue.CreateTensorValueFromMemory(pair.Second.contiguous().data<float>().ToArray(), pair.Second.shape));
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, values, session.OutputNames);
            Tensor result = tensor(outputs[0].GetTensorDataAsSpan<float>().ToArray(), outputs[0].GetTensorTypeAndShape().Shape);
            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }

            return result;
        }

        public void Dispose() => _parameters.Dispose();
    }
}
