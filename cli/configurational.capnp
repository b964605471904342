@0xb1f4f1f0a7d35ce1;
# The commands of configuration mode. `words` stands for the rest of the line: a path in the configuration, or for `run`
# a command.

using Xrl = import "/xrl/daemon.capnp";

interface Configurational $Xrl.access(operator) {
  set @0 (words :List(Text)) $Xrl.command("set");
  # Add or change a statement.

  delete @1 (words :List(Text)) $Xrl.command("delete");
  # Remove a statement and all below it.

  edit @2 (words :List(Text)) $Xrl.command("edit");
  # Go to a block: paths begin there.

  up @3 Up -> () $Xrl.command("up");
  # Go to the block around this one.

  top @4 () $Xrl.command("top");
  # Go to the top.

  show @5 (words :List(Text)) $Xrl.command("show");
  # The candidate, or what is below one of its statements.

  compare @6 Compare -> () $Xrl.command("compare");
  # What the candidate changes.

  commit @7 Commit -> () $Xrl.command("commit");
  # Put the candidate in force.

  commitCheck @8 () $Xrl.command("commit check");
  # Say what is wrong with the candidate, and change nothing.

  commitConfirmed @9 Confirmed -> () $Xrl.command("commit confirmed");
  # Put the candidate in force for a while: without "confirm" the previous configuration returns.

  confirm @10 () $Xrl.command("confirm");
  # Keep what was committed for a while.

  rollback @11 Rollback -> () $Xrl.command("rollback");
  # Make an earlier configuration the candidate.

  load @12 File -> () $Xrl.command("load");
  # Make a file the candidate, or carry out its set lines.

  loadMerge @13 File -> () $Xrl.command("load merge");
  # Add all that a file says to the candidate.

  loadOverride @14 File -> () $Xrl.command("load override");
  # Make a file the candidate.

  loadSet @15 File -> () $Xrl.command("load set");
  # Carry out the set and delete lines of a file.

  save @16 File -> () $Xrl.command("save");
  # Write the candidate into a file.

  discard @17 () $Xrl.command("discard");
  # Drop all changes.

  run @18 (words :List(Text)) $Xrl.command("run");
  # Run a command of operational mode.

  help @19 () $Xrl.command("help");
  # How to use this.

  exit @20 () $Xrl.command("exit");
  # Go to the top; from there, leave configuration mode.

  quit @21 () $Xrl.command("quit");
  # The same.
}

struct Up {
  levels @0 :UInt8 = 1 $Xrl.bare;
  # How many blocks further out (1).
}

struct Compare {
  rollback @0 :UInt8;
  # With an earlier configuration, instead of the one in force.
}

struct Commit {
  comment @0 :Text;
  # Why, for "show commits".
}

struct Confirmed {
  seconds @0 :UInt32 = 600 $Xrl.bare;
  # How long to wait for "confirm" (600).
  comment @1 :Text;
  # Why, for "show commits".
}

struct Rollback {
  number @0 :UInt8 $Xrl.bare;
  # How many commits ago; 0 is the configuration in force.
}

struct File {
  file @0 :Text $Xrl.bare;
  # Name of the file.
}
