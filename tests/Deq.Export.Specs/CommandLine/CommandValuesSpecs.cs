using Deq.Export.Commands;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Flow.Commands;
using Deq.Export.Tasks.Reasoning.Commands;

namespace Deq.Export.Specs.CommandLine;

public sealed class CommandValuesSpecs
{
    [Theory]
    [InlineData("evaluate", "bundle --data d --tolerance 0.5 --max-evaluations 1", null)]
    [InlineData("evaluate", "bundle --data d --tolerance 1", "--tolerance lies in (0, 1).")]
    [InlineData("evaluate", "bundle --data d --max-evaluations 0", "--max-evaluations is at least 1.")]
    [InlineData("evaluate", "bundle --data d --max-evaluations many", "many")]
    [InlineData("evaluate", "bundle --data d --threads many", "many")]
    [InlineData("evaluate", "bundle --data d --most 1 --pairs 1", null)]
    [InlineData("evaluate", "bundle --data d --most 0", "--most is at least 1.")]
    [InlineData("evaluate", "bundle --data d --pairs 0", "--pairs is at least 1.")]
    [InlineData("check", "bundle --inputs 1", null)]
    [InlineData("check", "bundle --inputs 0", "--inputs is at least 1.")]
    [InlineData("check", "bundle --inputs -3", "--inputs is at least 1.")]
    [InlineData("verify", "bundle", null)]
    [InlineData("verify", "bundle --inputs 0", "--inputs is at least 1.")]
    [InlineData("evaluate-clips", "bundle --drawn 0", null)]
    [InlineData("evaluate-clips", "bundle --drawn -1", "--drawn is at least 0.")]
    [InlineData("draw-puzzles", "maze out.txt", null)]
    [InlineData("draw-puzzles", "suduko out.txt", "suduko")]
    [InlineData("draw-motion", "out --frames 2 --height 16 --width 16", null)]
    [InlineData("draw-motion", "out --frames 1", "--frames is 2 to 32.")]
    [InlineData("draw-motion", "out --height 8", "--height is 16 to 8192.")]
    public void That_no_command_can_take_are_named_in_one_line(string command, string arguments, string? named)
    {
        System.CommandLine.Command made = command switch
        {
            "evaluate" => EvaluateCommand.Make(TrainedTasks.OfProgram),
            "check" => CheckCommand.Make(),
            "verify" => VerifyCommand.Make(TrainedTasks.OfProgram),
            "evaluate-clips" => EvaluateClipsCommand.Make(),
            "draw-puzzles" => DrawPuzzlesCommand.Make(TimeProvider.System),
            _ => DrawMotionCommand.Make(TimeProvider.System),
        };

        string[] errors = [.. made.Parse(arguments.Split(' ')).Errors.Select(error => error.Message)];

        Assert.Equal(named is null ? 0 : 1, errors.Length);
        Assert.All(errors, error => Assert.Contains(named!, error, StringComparison.Ordinal));
    }
}
